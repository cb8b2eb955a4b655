"""Reports about what left: for good and for now, believed only at our own return path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.container import create_worker
from campaign.delivery import pacing, pause as pausing
from campaign.delivery.queries import queue
from campaign.delivery.queries.attempts import Result
from campaign.delivery.rows.queue import AttemptRow, MailRow
from campaign.delivery.rules.delivery import Outcome
from campaign.errors import TooEarly
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.recipients.rows.ministries import MinistryRow
from campaign.web_app.application import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.inbound_for_tests import HAND, in_hand, receive, sign, states
from tests.incoming_for_tests import answer, report
from tests.supporter import Supporter
from tests.transports_for_tests import LiveMemory, Refusing

if TYPE_CHECKING:
    from campaign.container import House
    from tests.clock import Clock


def ministry(house: House) -> MinistryRow:
    with house.database.reading() as session:
        return session.get_one(MinistryRow, "DE")


def test_a_letter_that_comes_back_for_good_is_bounced(supporter: Supporter, house: House) -> None:
    page, path, _ = sign(supporter)
    said = receive(house, report(path))
    assert said.endswith("bounced (5.1.1)")
    assert states(house) == [LetterState.BOUNCED]
    shown = supporter.browser.get(page).text
    assert "Your letter came back" in shown
    assert "it could not be delivered" in shown
    with house.database.reading() as session:
        (reply,) = session.scalars(select(AttemptRow.reply).where(AttemptRow.outcome == "bounced"))
    assert reply == "smtp; 550 5.1.1 <<address>>: user unknown"


def plain_bounce(reason: str) -> bytes:
    words = f"<de@ministry.example>:\n{reason}\n\n--- Below this line is a copy of the message.\n"
    return answer(
        "", words, From="MAILER-DAEMON@mx.ministry.example", Return_Path="<MAILER-DAEMON>"
    )


def test_a_bounce_in_plain_words_counts_at_our_return_path(
    supporter: Supporter, house: House
) -> None:
    page, path, _ = sign(supporter)
    assert receive(house, plain_bounce("550 de@ministry.example: unknown"), path).endswith(
        "bounced (5.0.0)"
    )
    assert states(house) == [LetterState.BOUNCED]
    assert "it could not be delivered" in supporter.browser.get(page).text
    with house.database.reading() as session:
        (reply,) = session.scalars(select(AttemptRow.reply).where(AttemptRow.outcome == "bounced"))
    assert "de@ministry.example" not in reply
    assert "550" in reply


def test_a_bounce_in_plain_words_for_now_lets_the_letter_leave_again(
    supporter: Supporter, house: House
) -> None:
    _, path, _ = sign(supporter)
    assert receive(house, plain_bounce("452 4.2.2 full"), path).endswith("returned (4.2.2)")
    assert states(house) == [LetterState.QUEUED]


def test_a_bounce_in_plain_words_counts_nowhere_else(supporter: Supporter, house: House) -> None:
    _, _, message_id = sign(supporter)
    wire = plain_bounce("550 unknown").replace(
        b"In-Reply-To: ", f"In-Reply-To: {message_id}".encode()
    )
    assert "an automatic answer" in receive(house, wire, "contact@example.org")
    assert states(house) == [LetterState.ACCEPTED]


def test_a_letter_that_comes_back_for_now_leaves_again_until_five_days_are_over(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    page, path, first_id = sign(supporter, send_copy="y")
    for _ in range(3):
        receive(house, report(path, status="5.2.2", reply=f"552 full at {clock.now}"))
        assert states(house) == [LetterState.QUEUED]
        clock.advance(days=1)
        supporter.deliver()
        assert states(house) == [LetterState.ACCEPTED]
    assert {mail.message["Message-ID"] for mail in supporter.letters()} == {first_id}
    assert len([mail for mail in supporter.mails() if "copy" in mail.message["Subject"]]) == 1
    assert "came back for now, tried again later" in supporter.browser.get(page).text
    clock.advance(days=3)
    receive(house, report(path, status="4.4.7", reply="expired"))
    assert states(house) == [LetterState.BOUNCED]
    assert ministry(house).paused_on is None


def test_two_letters_that_come_back_for_good_pause_the_ministry_and_call_the_organisers(
    supporter: Supporter, house: House
) -> None:
    for number in range(2):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(house, report(path))
    supporter.deliver()
    (call,) = supporter.mails("contact@example.org")
    assert "2 letters came back for good within five days" in call.text
    assert ministry(house).paused_on is not None


def test_letters_that_left_before_the_address_was_mended_pause_it_no_more(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    paths = [sign(supporter, email=f"testa{number}@example.org")[1] for number in range(4)]
    for path in paths[:2]:
        receive(house, report(path))
    assert ministry(house).paused_on is not None
    clock.advance(hours=1)
    with house.database.writing() as session:
        pausing.resume(session, "DE", "Test", live=False, now=clock())
    for path in paths[2:]:
        receive(house, report(path))
    assert ministry(house).paused_on is None
    assert set(states(house)) == {LetterState.BOUNCED}


def test_letters_that_come_back_weeks_apart_pause_nothing(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    for number in range(3):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(house, report(path))
        clock.advance(days=10)
    assert ministry(house).paused_on is None


def test_what_the_safe_address_sends_back_is_not_held_against_the_ministry(house: House) -> None:
    transport = LiveMemory()
    transport.live = transport.reaches_recipient = False
    worker = create_worker(house, transport)
    supporter = Supporter(create_app(house).test_client(), worker, transport, SLUG)
    for number in range(2):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(house, report(path))
    assert ministry(house).paused_on is None


def test_a_delay_changes_nothing_and_she_can_read_of_it(supporter: Supporter, house: House) -> None:
    page, path, _ = sign(supporter)
    receive(house, report(path, "delayed", "4.4.1", "connection timed out"))
    assert states(house) == [LetterState.ACCEPTED]
    assert "the mail servers still try" in supporter.browser.get(page).text


def test_the_same_report_twice_counts_once(supporter: Supporter, house: House) -> None:
    _, path, _ = sign(supporter)
    receive(house, report(path))
    assert receive(house, report(path)) == "this message was taken before"
    assert receive(house, report(path, reply="another")).endswith("bounced (5.1.1)")
    assert ministry(house).bounces == 1


@pytest.mark.parametrize("to", ["bounce-x@example.org", "contact@example.org", ""])
def test_a_report_to_no_return_path_of_ours_moves_nothing(
    supporter: Supporter, house: House, to: str
) -> None:
    _, path, _ = sign(supporter)
    receive(house, report(to or "x"), to)
    receive(house, report(path.replace("bounce-a", "bounce-b")))
    receive(house, report(path.replace("@example.org", "@elsewhere.example")))
    assert states(house) == [LetterState.ACCEPTED]


def test_the_envelopes_recipient_counts_before_any_header(
    supporter: Supporter, house: House
) -> None:
    _, path, _ = sign(supporter)
    receive(house, report("somebody@example.org"), path.upper())
    assert states(house) == [LetterState.BOUNCED]


def test_an_uncertain_letter_of_which_a_report_comes_is_uncertain_no_more(
    supporter: Supporter, house: House
) -> None:
    _, path, _ = sign(supporter)
    with house.database.writing() as session:
        row = session.scalars(select(LetterRow)).one()
        row.state = LetterState.UNCERTAIN
    receive(house, report(path))
    assert states(house) == [LetterState.BOUNCED]


def test_a_daily_mail_that_comes_back_ends_no_letter_and_pauses_the_ministry(
    supporter: Supporter, house: House
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    assert "1 letters" in receive(house, report(path))
    supporter.worker.sweep()
    supporter.deliver()
    with house.database.reading() as session:
        assert list(session.scalars(select(LetterRow.waiting_for))) == [WaitingFor.PAUSE]
    (call,) = supporter.mails("contact@example.org")
    assert "A mail with 1 letters came back for good" in call.text


def test_a_supporters_mail_that_comes_back_is_seen_in_the_log(
    supporter: Supporter, house: House
) -> None:
    supporter.submit()
    supporter.deliver()
    receive(house, report(supporter.transport.sent[0].sender))
    with house.database.reading() as session:
        assert session.scalars(select(MailRow.state)).one() == "refused"


def test_a_letter_that_bounced_late_stays_as_it_is_when_it_has_moved_on(house: House) -> None:
    transport = Refusing(lambda _: None)
    worker = create_worker(house, transport)
    supporter = Supporter(create_app(house).test_client(), worker, transport, SLUG)
    _, path, _ = sign(supporter)
    receive(house, report(path, status="4.2.2", reply="full"))
    receive(house, report(path, status="5.1.1", reply="unknown"))
    assert states(house) == [LetterState.QUEUED]
    with house.database.reading() as session:
        count = select(func.count()).where(AttemptRow.outcome == "bounced")
        assert session.scalar(count) == 0


def test_a_report_that_is_faster_than_the_workers_result_is_brought_again(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    letter_id = in_hand(house)
    path = f"{house.tokens.return_path(letter_id)}@example.org"
    with pytest.raises(TooEarly):
        receive(house, report(path))
    with house.database.writing() as session:
        queue.finish(session, LetterRow, letter_id, HAND, Result(Outcome.ACCEPTED), clock())
    receive(house, report(path))
    assert states(house) == [LetterState.BOUNCED]


def test_a_second_report_about_an_earlier_mail_sends_no_letter_again(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    receive(house, report(path, status="4.2.2", reply="one mailbox is full"))
    clock.advance(days=1)
    supporter.deliver()
    assert states(house) == [LetterState.ACCEPTED]
    receive(house, report(path, status="4.2.2", reply="another mailbox is full"))
    assert states(house) == [LetterState.ACCEPTED]


def test_a_daily_mail_that_comes_back_after_five_days_ends_no_letter(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    clock.advance(days=6)
    receive(house, report(path, status="4.4.1", reply="gave up"))
    supporter.worker.sweep()
    assert states(house) == [LetterState.WAITING]
    assert "came back for five days" in ministry(house).pause_reason
