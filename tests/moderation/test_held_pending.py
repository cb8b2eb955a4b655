"""Organisers see held signatures that were never confirmed, let them go, and drop them by rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.letters.rows import LetterRow
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.services import create_worker
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.moderation.test_bulk_changes_console import start
from tests.organiser import CONSOLE_PATH, onboard_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.clock import Clock
    from tests.organiser import Organiser

RULES = f"{CONSOLE_PATH}/signatures/rules"


@pytest.fixture
def narrow(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> Container:
    """A network may send two signatures an hour, and cause three mails."""
    limits = {"CAMPAIGN_NETWORK_PER_FORM": "2", "CAMPAIGN_NETWORK_MAILS_PER_HOUR": "3"}
    return make_container(environ | limits)


@pytest.fixture
def person(narrow: Container) -> Supporter:
    transport = MemoryTransport()
    browser = create_app(narrow).test_client()
    return Supporter(browser, create_worker(narrow, transport), transport, SLUG)


@pytest.fixture
def editor(narrow: Container) -> Organiser:
    return onboard_organiser(narrow, create_app(narrow))


def flood(person: Supporter, clock: Clock) -> None:
    """Two that count, one that is held and mailed, and two that are held without a mail."""
    for number in range(5):
        clock.advance(seconds=1)  # so that their ids have an order
        person.submit(email=f"testa{number}@script.example")


def signatures(container: Container) -> list[SignatureRow]:
    with container.database.reading() as session:
        rows = list(session.scalars(select(SignatureRow).order_by(SignatureRow.id)))
        session.expunge_all()
    return rows


def test_they_are_on_the_first_page_and_in_a_list(
    person: Supporter, editor: Organiser, clock: Clock
) -> None:
    flood(person, clock)
    today = editor.get(f"{CONSOLE_PATH}/").text
    assert "3 unconfirmed signatures are held (too many from one network)" in today
    found = re.search(r'href="([^"]*state=pending[^"]*held=flood)"', today.replace("&amp;", "&"))
    assert found
    page = editor.get(found.group(1)).text
    assert page.count('pending, held <span class="why">(too many from one network)') == 3
    assert "Release all 3" in page
    assert "Drop the 3 pending" in page


def test_their_mails_that_wait_are_on_their_page(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    page = editor.get(f"{CONSOLE_PATH}/signatures/{signatures(narrow)[-1].id}").text
    assert '<td data-label="Status">waiting</td>' in page
    assert (
        "Its confirmation e-mail is sent if it is still waiting"
        in editor.get(f"{CONSOLE_PATH}/signatures/{signatures(narrow)[-1].id}?act=release").text
    )


def test_they_are_dropped_by_rule_and_nothing_of_them_leaves_or_stays(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    seen = editor.post(f"{RULES}/preview", kind="drop", held="flood").text
    assert "3 signatures match" in seen
    assert "<strong>not undo it</strong>" in seen
    answer = start(editor, kind="drop", held="flood", domain="")
    assert answer.status_code == 303
    person.deliver()
    rows = signatures(narrow)
    assert [row.state for row in rows] == [SignatureState.PENDING] * 2 + [
        SignatureState.DROPPED
    ] * 3
    for row in rows[2:]:
        held = (row.sealed, row.held_letter, row.identity_hash, row.email_hash, row.domain_hash)
        assert not any((*held, row.name_hash))
    assert sorted(mail.to for mail in person.mails()) == [
        "testa0@script.example", "testa1@script.example"
    ]  # fmt: skip
    with narrow.database.reading() as session:
        assert set(session.scalars(select(OutgoingRow.state))) == {"accepted", "dropped"}
        assert counts.find_mismatches(session) == []
        (entry,) = [
            row
            for row in audit_log.search(session, AuditFilter(), 5)
            if row.action == AuditAction.DROP_STARTED
        ]
    assert (entry.number, entry.reason) == (3, "made by a script")
    page = editor.get(RULES).text
    assert "3 of 3 dropped" in page


def test_who_was_dropped_wrongly_reads_that_she_may_sign_again_and_does(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    person.deliver()
    link = person.mails("testa2@script.example")[0].link("confirm")
    start(editor, kind="drop", held="y", domain="")
    person.deliver()
    for answer in (person.browser.get(link), person.browser.post(link)):
        assert answer.status_code == 410
        assert "You can sign again." in answer.text
    person.browser.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    person.sign(email="testa2@script.example")
    assert person.count() == 1


def test_a_drop_by_rule_leaves_what_is_confirmed_and_is_not_undone(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    person.deliver()
    person.confirm("testa2@script.example")
    start(editor, kind="drop", held="y", domain="")
    person.deliver()
    assert [row.state for row in signatures(narrow)].count(SignatureState.DROPPED) == 2
    assert signatures(narrow)[2].state is SignatureState.CONFIRMED
    change = re.search(
        r'href="(/console/c/eu-china-dialogue/signatures/rules/[0-9a-f-]{36})"',
        editor.get(RULES).text,
    )
    assert change
    assert "Bulk drop" in editor.get(change.group(1)).text
    assert editor.post(f"{change.group(1)}/undo", reason="no").status_code == 409


def test_they_are_released_by_rule_and_count_when_they_confirm(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    person.deliver()
    assert len(person.mails()) == 3
    start(editor, kind="release", held="y", domain="")
    person.deliver()
    assert len(person.mails()) == 5
    for number in (2, 4):
        person.confirm(f"testa{number}@script.example")
    assert person.count() == 2
    person.deliver()
    assert len(person.letters()) == 2


def test_one_is_released_by_itself(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    person.deliver()
    row = signatures(narrow)[-1]
    editor.post(f"{CONSOLE_PATH}/signatures/{row.id}/release", reason="I know her")
    person.deliver()
    person.confirm("testa4@script.example")
    assert person.count() == 1


def test_what_was_confirmed_between_the_look_and_its_turn_is_released_too(
    person: Supporter, editor: Organiser, narrow: Container, clock: Clock
) -> None:
    flood(person, clock)
    person.worker.step()
    person.worker.step()
    start(editor, kind="release", held="y", domain="")
    person.browser.post(person.mails("testa2@script.example")[0].link("confirm"))
    assert person.count() == 0
    person.deliver()
    assert person.count() == 1


def test_their_letters_are_no_rows(person: Supporter, narrow: Container, clock: Clock) -> None:
    flood(person, clock)
    with narrow.database.reading() as session:
        assert len(session.scalars(select(LetterRow.id)).all()) == 2
