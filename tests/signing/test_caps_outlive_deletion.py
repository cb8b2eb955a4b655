"""What a mailbox may cause, it may cause once, whatever its owner deletes in between."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from campaign.delivery.decide import DecisionKind, ManualDecision, decide_one
from campaign.errors import OutcomeUnknown, TransportError
from campaign.letters.rows import LetterCapRow, LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.organisers.rules.audit_log import Justification
from campaign.recipients.rows import RecipientRow
from campaign.recipients.verify import AddressCheck
from campaign.services import create_worker
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.sealing import hash_identity
from tests.clock import START
from tests.helpers.campaigns import loaded_campaign
from tests.helpers.digests import csv_rows, enable_digest, letter_states
from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import bounce_report
from tests.helpers.transports import RefusingTransport
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_deleting_gives_nobody_another_days_mails(supporter: Supporter, clock: Clock) -> None:
    for number in range(3):
        private = supporter.sign(name=f"Testa {number}", choice="sign")
        supporter.browser.post(f"{private}/delete")
    supporter.submit(name="Testa again", choice="sign")
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == 3
    clock.advance(days=1)
    supporter.submit(name="Testa tomorrow", choice="sign")
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == 4


@pytest.mark.parametrize("action", ["withdraw", "delete"])
def test_a_ministry_gets_one_letter_however_often_a_mailbox_signs(
    supporter: Supporter, clock: Clock, action: str
) -> None:
    for number in range(3):
        private = supporter.sign(name=f"Testa {number}")
        supporter.deliver()
        supporter.browser.post(f"{private}/{action}")
    clock.advance(days=29)
    supporter.sign(name="Testa again")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert supporter.count() == 1


def test_she_is_told_when_she_confirms_and_nobody_is_before(supporter: Supporter) -> None:
    first = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{first}/delete")
    check = supporter.submit()
    mail = supporter.newest_mail()
    for path in (check, mail.link("confirm")):
        assert TOLD not in supporter.browser.get(path).text
    assert TOLD not in mail.text
    private = supporter.confirm().replace("/done/", "/private/")
    for page in (private, private.replace("/private/", "/done/")):
        assert f"We sent a letter from you to this office on 2 November 2026. {TOLD}" in words_of(
            supporter, page
        )
    taken = supporter.browser.post(f"{private}/download", data={"as": "text"}).text
    assert TOLD in taken
    assert supporter.count() == 1


def test_after_thirty_days_another_letter_leaves_and_nothing_is_left_of_the_first(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    first = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{first}/delete")
    held_back = supporter.sign()
    assert len(caps(container)) == 1
    clock.advance(days=30)
    supporter.worker.run_housekeeping()
    assert caps(container) == []
    # The day is not known any more, and the reason is.
    assert f"less than 30 days ago. {TOLD}" in words_of(supporter, held_back)
    supporter.browser.post(f"{held_back}/withdraw")
    supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) == 2


def test_another_ministry_still_gets_her_letter(supporter: Supporter) -> None:
    for government in ("DE", "FR"):
        private = supporter.sign(government=government)
        supporter.deliver()
        supporter.browser.post(f"{private}/delete")
    assert len(supporter.letters()) == 2


def test_a_letter_that_had_not_left_holds_no_other_back(supporter: Supporter) -> None:
    queued = supporter.sign()
    supporter.browser.post(f"{queued}/delete")
    supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_that_she_sends_herself_is_neither_held_back_nor_holds_back(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(way="own_mail")
    supporter.deliver()
    assert caps(container) == []
    supporter.browser.post(f"{private}/delete")
    ours = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{ours}/withdraw")
    assert len(supporter.letters()) == 1
    private = supporter.sign(way="own_mail")
    assert TOLD not in words_of(supporter, private)


@pytest.mark.parametrize("action", ["withdraw", "delete"])
@pytest.mark.parametrize("daily", [False, True])
def test_who_leaves_while_her_letter_is_handed_over_gets_no_second_one_sent(
    supporter: Supporter, container: Container, action: str, *, daily: bool
) -> None:
    """The server takes its time: meanwhile she is gone, signs again and confirms."""
    if daily:
        enable_digest(container)

    def meanwhile(envelope: Envelope) -> TransportError | None:
        if envelope.name.startswith("letter") and not again:
            supporter.browser.post(f"{private}/{action}")
            again.append(supporter.submit())
            link = container.links.confirm_url(
                "en", loaded_campaign(container), newest(container), container.clock()
            )
            supporter.browser.post(urlsplit(link).path)
        return None

    again: list[str] = []
    letters_go_by(supporter, container, RefusingTransport(meanwhile))
    private = supporter.sign()
    supporter.deliver()
    supporter.deliver()
    assert again
    assert supporter.count() == 1
    assert len(supporter.letters()) + len(supporter.daily_mails()) == 1


@pytest.mark.parametrize("code", ["450", "550"])
@pytest.mark.parametrize("daily", [False, True])
def test_a_letter_that_was_refused_holds_no_other_back(
    supporter: Supporter, container: Container, clock: Clock, code: str, *, daily: bool
) -> None:
    if daily:
        enable_digest(container)
    error = TransportError(f"{code} no", permanent=code == "550", code=code)
    answers = [error, None]
    letters_go_by(supporter, container, RefusingTransport(lambda one: answer_to(one, answers)))
    refused = supporter.sign()
    supporter.deliver()
    assert caps(container) == []
    supporter.browser.post(f"{refused}/withdraw")
    with container.database.writing() as session:
        recipient = session.get_one(RecipientRow, "DE/foreign-affairs")
        recipient.paused_on, recipient.pause_reason = None, ""
    supporter.sign(name="Testa again")
    clock.advance(days=1)
    supporter.deliver()
    assert len(supporter.letters()) + len(supporter.daily_mails()) == 1


def test_a_letter_that_is_refused_at_first_leaves_at_its_next_try(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    answers = [TransportError("450 later", permanent=False, code="450"), None]
    letters_go_by(supporter, container, RefusingTransport(lambda one: answer_to(one, answers)))
    supporter.sign()
    supporter.deliver()
    clock.advance(minutes=10)
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert len(caps(container)) == 1


@pytest.mark.parametrize("daily", [False, True])
def test_a_letter_that_may_have_arrived_holds_others_back_and_can_be_sent_once_more(
    supporter: Supporter, container: Container, clock: Clock, *, daily: bool
) -> None:
    if daily:
        enable_digest(container)
    unknown = OutcomeUnknown("the connection broke")
    answers: list[TransportError | None] = [unknown, None, None]
    letters_go_by(supporter, container, RefusingTransport(lambda one: answer_to(one, answers)))
    private = supporter.sign()
    supporter.deliver()
    assert letter_states(container) == [LetterState.UNCERTAIN]
    (letter,) = ids(container)
    with container.database.writing() as session:
        ruling = ManualDecision(DecisionKind.RELEASE, "Test", "it did not arrive")
        decide_one(session, letter, ruling, container.clock())
    clock.advance(days=1)
    supporter.deliver()
    assert letter_states(container) == [LetterState.ACCEPTED]
    supporter.browser.post(f"{private}/delete")
    supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) + len(supporter.daily_mails()) == 1


def test_a_letter_that_came_back_holds_others_back_and_can_be_sent_once_more(
    supporter: Supporter, container: Container
) -> None:
    private, path, _ = sign(supporter)
    receive(container, bounce_report(path), path)
    (letter,) = ids(container)
    with container.database.writing() as session:
        ruling = ManualDecision(DecisionKind.RETRY, "Test", "the address is right now")
        decide_one(session, letter, ruling, container.clock())
    supporter.deliver()
    assert len(supporter.letters()) == 2
    supporter.browser.post(f"{private}/delete")
    supporter.sign()
    supporter.deliver()
    assert len(supporter.letters()) == 2


@pytest.mark.parametrize("daily", [False, True])
def test_a_letter_that_organisers_bring_back_waits_for_no_second_turn(
    supporter: Supporter, container: Container, *, daily: bool
) -> None:
    """It was dropped with its signature; since then another one of hers has left."""
    supporter.sign()
    (first,) = ids(container)
    cause = Justification("Test", "a test")
    with container.database.writing() as session:
        signature_id = session.get_one(LetterRow, first).signature_id
        invalidate_one(session, signature_id, cause, container.clock())
    second = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{second}/withdraw")
    known = set(ids(container))
    if daily:
        enable_digest(container)
        # One who has nothing to do with it leaves with the day's mail all the same.
        supporter.sign(email="other@example.org")
    (other,) = map(str, set(ids(container)) - known) if daily else ("",)
    with container.database.writing() as session:
        restore_one(
            session, container.keyring, signature_id, cause, live=False, now=container.clock()
        )
    supporter.deliver()
    supporter.deliver()
    with container.database.reading() as session:
        assert session.get_one(LetterRow, first).state is LetterState.DROPPED
    assert len(supporter.letters()) == 1
    tables = [[line["id"] for line in csv_rows(mail)] for mail in supporter.daily_mails()]
    assert tables == ([[other]] if daily else [])


def test_a_letter_that_was_only_tried_out_holds_none_back_when_the_site_is_live(
    supporter: Supporter, live: tuple[Supporter, Container]
) -> None:
    trial = supporter.sign()
    supporter.deliver()
    supporter.browser.post(f"{trial}/delete")
    person, container = live
    with container.database.writing() as session:
        check = AddressCheck("Tester", "made up")
        verify(
            session,
            "DE/foreign-affairs",
            "desk@ministry.example",
            check,
            live=True,
            now=container.clock(),
        )
    for name in ("Testa", "Testa again"):
        private = person.sign(name=name)
        person.deliver()
        person.browser.post(f"{private}/delete")
    assert [letter.to for letter in person.letters()] == ["desk@ministry.example"]


def test_what_is_kept_is_a_hash_and_a_day(supporter: Supporter, container: Container) -> None:
    supporter.sign()
    supporter.deliver()
    ((kept, day),) = caps(container)
    assert (len(kept), day) == (32, START.date())
    identity = hash_identity(container.keyring, "testa@example.org")
    assert kept != identity
    assert [column.name for column in LetterCapRow.__table__.columns] == ["hash", "day"]


def test_the_privacy_notice_names_it(supporter: Supporter) -> None:
    notice = words_of(supporter, "/en/privacy")
    assert "To send an office no more than one letter from you in 30 days" in notice
    assert "even if you withdraw or delete everything" in notice


TOLD = (
    "An office gets at most one letter per person in 30 days, "
    "so this signature counts without another letter."
)


def words_of(supporter: Supporter, path: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", supporter.browser.get(path).text)))


def caps(container: Container) -> list[tuple[bytes, date]]:
    with container.database.reading() as session:
        return [(row.hash, row.day) for row in session.scalars(select(LetterCapRow))]


def ids(container: Container) -> list[UUID]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.id).order_by(LetterRow.id)))


def newest(container: Container) -> UUID:
    with container.database.reading() as session:
        pending = select(SignatureRow.id).where(SignatureRow.state == SignatureState.PENDING)
        return session.scalars(pending).one()


def letters_go_by(supporter: Supporter, container: Container, transport: RefusingTransport) -> None:
    supporter.worker, supporter.transport = create_worker(container, transport), transport


def answer_to(envelope: Envelope, answers: list[TransportError | None]) -> TransportError | None:
    """Return the next answer to a letter; mails are always taken."""
    return answers.pop(0) if envelope.name.startswith("letter") else None
