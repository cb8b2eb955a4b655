"""A site that the version before filled: after the upgrade nothing is lost, doubled or cut off."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from campaign.campaigns.rows import CampaignRow
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import SEND_LEASE
from campaign.delivery.rules.outgoing import CARRIERS, DeliveryPolicy
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import unseal_letter
from campaign.services import create_worker
from campaign.signatures.rows import SignatureRow
from campaign.store import migrate
from campaign.store.database import Database
from tests.helpers import filled_site
from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import bounce_report, reply_message

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.long

BEFORE = "0022"


@pytest.fixture
def before(database_url: str) -> filled_site.Contents:
    """What was in the tables before the upgrade."""
    database = Database(database_url)
    filled_site.fill(database, BEFORE)
    found = filled_site.contents(database)
    migrate.upgrade(database)
    database.close()
    return found


@pytest.fixture
def environ(environ: dict[str, str], before: filled_site.Contents) -> dict[str, str]:
    return environ | filled_site.KEYS


@pytest.fixture
def mailed() -> dict[str, Any]:
    return filled_site.mailed(BEFORE)


@pytest.fixture(autouse=True)
def now(clock: Clock, mailed: dict[str, Any]) -> None:
    clock.now = datetime.fromisoformat(mailed["now"])


def letters(container: Container) -> dict[str, list[str]]:
    with container.database.reading() as session:
        rows = session.scalars(select(LetterRow)).all()
        return {str(row.id): [row.government, row.state.value] for row in rows}


def test_letters_and_mails_keep_their_ids_and_states(
    container: Container, mailed: dict[str, Any]
) -> None:
    assert letters(container) == mailed["letters"]
    with container.database.reading() as session:
        rows = session.scalars(select(OutgoingRow)).all()
        mails = [row for row in rows if row.kind not in CARRIERS]
        assert {str(row.id): [row.kind.value, row.state.value] for row in mails} == mailed["mails"]
        assert {row.policy for row in mails} == {DeliveryPolicy.AT_LEAST_ONCE}
        assert len(session.scalars(select(AttemptRow)).all()) == mailed["attempts"]
        (campaign,) = session.scalars(select(CampaignRow))
        assert campaign.uid == campaign.slug


def test_every_letter_that_was_tried_names_the_message_that_carried_it_last(
    container: Container,
) -> None:
    with container.database.reading() as session:
        carried = Counter[str]()
        for letter in session.scalars(select(LetterRow)):
            starts = select(AttemptRow).where(
                AttemptRow.letter_id == letter.id, AttemptRow.outcome == "started"
            )
            last = session.scalars(starts.order_by(AttemptRow.id.desc())).first()
            assert letter.outgoing_id == (last.outgoing_id if last else None)
            if letter.outgoing_id is not None:
                message = session.get_one(OutgoingRow, letter.outgoing_id)
                assert (
                    message.recipient == letter.recipient == f"{letter.government}/foreign-affairs"
                )
                assert message.policy is DeliveryPolicy.AT_MOST_ONCE
                carried[f"{message.kind} {message.state}, letter {letter.state}"] += 1
    assert carried == {
        "letter accepted, letter accepted": 2,
        "letter bounced, letter bounced": 1,
        "letter refused, letter refused": 1,
        "letter uncertain, letter uncertain": 1,
        "letter claimed, letter claimed": 1,
        "digest accepted, letter accepted": 4,
        "digest refused, letter queued": 2,
        "digest uncertain, letter uncertain": 2,
    }


def test_links_codes_and_forms_made_before_still_work(
    supporter: Supporter, mailed: dict[str, Any]
) -> None:
    private = supporter.browser.get(mailed["accepted"])
    assert "A paragraph of her own." in private.text
    assert "Thank you." in private.text
    assert supporter.browser.get(mailed["clerk"]).status_code == 200
    assert "no more news" in supporter.browser.post(mailed["unsubscribe"]).text.lower()
    assert supporter.browser.get(mailed["pending_confirm"]).status_code == 200
    code = {"code": mailed["pending_code"]}
    assert "/done/" in supporter.browser.post(mailed["pending_check"], data=code).location
    assert supporter.browser.post(mailed["pending_stop"]).status_code == 200
    assert "/check/" in supporter.post(mailed["form"]).location


def test_what_comes_back_to_paths_made_before_finds_its_letter_or_digest(
    container: Container, mailed: dict[str, Any]
) -> None:
    receive(container, bounce_report(mailed["accepted_return_path"]))
    receive(container, bounce_report(mailed["digest_return_path"]))
    said = receive(
        container, reply_message(mailed["digest_message_id"], Message_ID="<d@ministry.example>")
    )
    assert said.startswith("a message that fits no letter")
    states = Counter(map(tuple, letters(container).values()))
    assert states["DE", "bounced"] == 1
    assert states["ES", "queued"] == 2


def test_nothing_is_sent_twice_and_nothing_is_lost(
    supporter: Supporter, container: Container, clock: Clock, mailed: dict[str, Any]
) -> None:
    supporter.worker = create_worker(container, supporter.transport)
    clock.now += SEND_LEASE * 2  # what was begun before the upgrade is nobody's any more
    supporter.worker.run_housekeeping()
    supporter.deliver()
    sent = sorted(envelope.name[:9] for envelope in supporter.transport.sent)
    assert [name for name in sent if name.startswith("letter")] == ["letter-LV", "letters-P"]
    assert len([name for name in sent if name.startswith("mail-news")]) == 3
    assert len([name for name in sent if name.startswith("mail-conf")]) == 2
    after = letters(container)
    changed = {key: (mailed["letters"][key], after[key]) for key in after}
    assert Counter(
        (government, was, is_now)
        for (government, was), (_, is_now) in changed.values()
        if was != is_now
    ) == {
        ("PL", "queued", "accepted"): 2,
        ("LV", "queued", "accepted"): 1,
        ("LT", "claimed", "uncertain"): 1,
    }


def test_going_back_leaves_everything_as_it_was(
    database_url: str, before: filled_site.Contents
) -> None:
    database = Database(database_url)
    migrate.downgrade(database, BEFORE)
    back = filled_site.contents(database)
    database.close()
    for table, rows in before.items():
        assert back[table] == rows, table


def test_letters_written_since_keep_their_texts_when_one_goes_back(
    supporter: Supporter, container: Container, environ: dict[str, str]
) -> None:
    supporter.sign(email="since@example.org", government="EE", paragraph="Written since.")
    supporter.deliver()
    with container.database.reading() as session:
        (letter,) = (row for row in session.scalars(select(LetterRow)) if row.government == "EE")
        assert letter.id != letter.signature_id
        assert letter.state is LetterState.ACCEPTED
        wanted = letter.signature_id
    migrate.downgrade(container.database, BEFORE)
    migrate.upgrade(container.database)
    with container.database.reading() as session:
        again = session.get_one(LetterRow, wanted)
        assert session.get_one(SignatureRow, wanted).government == "EE"
        assert again.sealed is not None
        _, paragraph = unseal_letter(container.keyring, wanted, again.sealed)
    assert paragraph == "Written since."
    assert UUID(str(again.outgoing_id)) == wanted
