"""Reports about what left: for good and for now, believed only at our own return path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.delivery import pacing, pause
from campaign.delivery.queries import queue
from campaign.delivery.queries.attempts import AttemptResult
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.errors import TooEarly
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.recipients.rows import RecipientRow
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.inbound import HOLDER, letter_states, receive, sign, start_letter
from tests.helpers.incoming_messages import bounce_report, reply_message
from tests.helpers.outgoing import only_letter_message
from tests.helpers.transports import LiveMemoryTransport, RefusingTransport
from tests.supporter import Supporter

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock


def recipient(container: Container) -> RecipientRow:
    with container.database.reading() as session:
        return session.get_one(RecipientRow, "DE/foreign-affairs")


def test_a_letter_that_comes_back_for_good_is_bounced(
    supporter: Supporter, container: Container
) -> None:
    page, path, _ = sign(supporter)
    said = receive(container, bounce_report(path))
    assert said.endswith("bounced (5.1.1)")
    assert letter_states(container) == [LetterState.BOUNCED]
    shown = supporter.browser.get(page).text
    assert "Your letter came back" in shown
    assert "it could not be delivered" in shown
    with container.database.reading() as session:
        (reply,) = session.scalars(select(AttemptRow.reply).where(AttemptRow.outcome == "bounced"))
    assert reply == "smtp; 550 5.1.1 <<address>>: user unknown"


def plain_bounce(reason: str) -> bytes:
    words = f"<de@ministry.example>:\n{reason}\n\n--- Below this line is a copy of the message.\n"
    return reply_message(
        "", words, From="MAILER-DAEMON@mx.ministry.example", Return_Path="<MAILER-DAEMON>"
    )


def test_a_bounce_in_plain_words_counts_at_our_return_path(
    supporter: Supporter, container: Container
) -> None:
    page, path, _ = sign(supporter)
    assert receive(container, plain_bounce("550 de@ministry.example: unknown"), path).endswith(
        "bounced (5.0.0)"
    )
    assert letter_states(container) == [LetterState.BOUNCED]
    assert "it could not be delivered" in supporter.browser.get(page).text
    with container.database.reading() as session:
        (reply,) = session.scalars(select(AttemptRow.reply).where(AttemptRow.outcome == "bounced"))
    assert "de@ministry.example" not in reply
    assert "550" in reply


def test_a_bounce_in_plain_words_for_now_lets_the_letter_leave_again(
    supporter: Supporter, container: Container
) -> None:
    _, path, _ = sign(supporter)
    assert receive(container, plain_bounce("452 4.2.2 full"), path).endswith("returned (4.2.2)")
    assert letter_states(container) == [LetterState.QUEUED]


def test_a_bounce_in_plain_words_counts_nowhere_else(
    supporter: Supporter, container: Container
) -> None:
    _, _, message_id = sign(supporter)
    wire = plain_bounce("550 unknown").replace(
        b"In-Reply-To: ", f"In-Reply-To: {message_id}".encode()
    )
    assert "an automatic answer" in receive(container, wire, "contact@example.org")
    assert letter_states(container) == [LetterState.ACCEPTED]


def test_a_letter_that_comes_back_for_now_leaves_again_until_five_days_are_over(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    page, path, first_id = sign(supporter, send_copy="y")
    for _ in range(3):
        receive(container, bounce_report(path, status="5.2.2", reply=f"552 full at {clock.now}"))
        assert letter_states(container) == [LetterState.QUEUED]
        clock.advance(days=1)
        supporter.deliver()
        assert letter_states(container) == [LetterState.ACCEPTED]
    assert {mail.message["Message-ID"] for mail in supporter.letters()} == {first_id}
    assert len([mail for mail in supporter.mails() if "copy" in mail.message["Subject"]]) == 1
    assert "came back, will be tried again" in supporter.browser.get(page).text
    clock.advance(days=3)
    receive(container, bounce_report(path, status="4.4.7", reply="expired"))
    assert letter_states(container) == [LetterState.BOUNCED]
    assert recipient(container).paused_on is None


def test_two_letters_that_come_back_for_good_pause_the_ministry_and_call_the_organisers(
    supporter: Supporter, container: Container
) -> None:
    for number in range(2):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(container, bounce_report(path))
    supporter.deliver()
    (call,) = supporter.mails("contact@example.org")
    assert "2 letters bounced permanently within five days" in call.text
    assert recipient(container).paused_on is not None


def test_letters_that_left_before_the_address_was_mended_pause_it_no_more(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    paths = [sign(supporter, email=f"testa{number}@example.org")[1] for number in range(4)]
    for path in paths[:2]:
        receive(container, bounce_report(path))
    assert recipient(container).paused_on is not None
    clock.advance(hours=1)
    with container.database.writing() as session:
        pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=clock())
    for path in paths[2:]:
        receive(container, bounce_report(path))
    assert recipient(container).paused_on is None
    assert set(letter_states(container)) == {LetterState.BOUNCED}


def test_letters_that_come_back_weeks_apart_pause_nothing(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    for number in range(3):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(container, bounce_report(path))
        clock.advance(days=10)
    assert recipient(container).paused_on is None


def test_what_the_safe_address_sends_back_is_not_held_against_the_ministry(
    container: Container,
) -> None:
    transport = LiveMemoryTransport()
    transport.live = transport.reaches_recipient = False
    worker = create_worker(container, transport)
    supporter = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    for number in range(2):
        _, path, _ = sign(supporter, email=f"testa{number}@example.org")
        receive(container, bounce_report(path))
    assert recipient(container).paused_on is None


def test_a_delay_changes_nothing_and_she_can_read_of_it(
    supporter: Supporter, container: Container
) -> None:
    page, path, _ = sign(supporter)
    receive(container, bounce_report(path, "delayed", "4.4.1", "connection timed out"))
    assert letter_states(container) == [LetterState.ACCEPTED]
    assert "the mail servers are still trying" in supporter.browser.get(page).text


def test_the_same_report_twice_counts_once(supporter: Supporter, container: Container) -> None:
    _, path, _ = sign(supporter)
    receive(container, bounce_report(path))
    assert receive(container, bounce_report(path)) == "this message was taken before"
    assert receive(container, bounce_report(path, reply="another")).endswith("bounced (5.1.1)")
    assert recipient(container).bounces == 1


@pytest.mark.parametrize("to", ["bounce-x@example.org", "contact@example.org", ""])
def test_a_report_to_no_return_path_of_ours_moves_nothing(
    supporter: Supporter, container: Container, to: str
) -> None:
    _, path, _ = sign(supporter)
    receive(container, bounce_report(to or "x"), to)
    receive(container, bounce_report(path.replace("bounce-a", "bounce-b")))
    receive(container, bounce_report(path.replace("@example.org", "@elsewhere.example")))
    assert letter_states(container) == [LetterState.ACCEPTED]


def test_the_envelopes_recipient_counts_before_any_header(
    supporter: Supporter, container: Container
) -> None:
    _, path, _ = sign(supporter)
    receive(container, bounce_report("somebody@example.org"), path.upper())
    assert letter_states(container) == [LetterState.BOUNCED]


def test_an_uncertain_letter_of_which_a_report_comes_is_uncertain_no_more(
    supporter: Supporter, container: Container
) -> None:
    _, path, _ = sign(supporter)
    with container.database.writing() as session:
        row = session.scalars(select(LetterRow)).one()
        row.state = LetterState.UNCERTAIN
    receive(container, bounce_report(path))
    assert letter_states(container) == [LetterState.BOUNCED]


def test_a_daily_mail_that_comes_back_ends_no_letter_and_pauses_the_ministry(
    supporter: Supporter, container: Container
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    assert "1 letters" in receive(container, bounce_report(path))
    supporter.worker.run_housekeeping()
    supporter.deliver()
    with container.database.reading() as session:
        assert list(session.scalars(select(LetterRow.waiting_for))) == [WaitingFor.PAUSE]
    (call,) = supporter.mails("contact@example.org")
    assert "A digest with 1 letter bounced permanently" in call.text


def test_a_report_about_a_letter_that_was_settled_otherwise_changes_nothing(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    """Nor is its message queued as if it were a mail."""
    _, path, _ = sign(supporter)
    with container.database.writing() as session:
        session.scalars(select(LetterRow)).one().state = LetterState.PRINTED
    receive(container, bounce_report(path, "failed", "4.2.2"))
    clock.advance(days=1)
    supporter.deliver()
    assert letter_states(container) == ["printed"]
    assert only_letter_message(container).state is OutgoingState.ACCEPTED


def test_a_supporters_mail_that_comes_back_is_seen_in_the_log(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    supporter.deliver()
    receive(container, bounce_report(supporter.transport.sent[0].sender))
    with container.database.reading() as session:
        assert session.scalars(select(OutgoingRow.state)).one() == "bounced"


def test_a_letter_that_bounced_late_stays_as_it_is_when_it_has_moved_on(
    container: Container,
) -> None:
    transport = RefusingTransport(lambda _: None)
    worker = create_worker(container, transport)
    supporter = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    _, path, _ = sign(supporter)
    receive(container, bounce_report(path, status="4.2.2", reply="full"))
    receive(container, bounce_report(path, status="5.1.1", reply="unknown"))
    assert letter_states(container) == [LetterState.QUEUED]
    with container.database.reading() as session:
        count = select(func.count()).where(AttemptRow.outcome == "bounced")
        assert session.scalar(count) == 0


def test_a_report_that_is_faster_than_the_workers_result_is_brought_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    letter_id = start_letter(container)
    path = f"{container.tokens.return_path(letter_id)}@example.org"
    with pytest.raises(TooEarly):
        receive(container, bounce_report(path))
    with container.database.writing() as session:
        queue.finish_attempt(
            session, letter_id, HOLDER, AttemptResult(Outcome.ACCEPTED), clock(), [letter_id]
        )
    receive(container, bounce_report(path))
    assert letter_states(container) == [LetterState.BOUNCED]


def test_a_second_report_about_an_earlier_mail_sends_no_letter_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    receive(container, bounce_report(path, status="4.2.2", reply="one mailbox is full"))
    clock.advance(days=1)
    supporter.deliver()
    assert letter_states(container) == [LetterState.ACCEPTED]
    receive(container, bounce_report(path, status="4.2.2", reply="another mailbox is full"))
    assert letter_states(container) == [LetterState.ACCEPTED]


def test_a_daily_mail_that_comes_back_after_five_days_ends_no_letter(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    _, path, _ = sign(supporter)
    clock.advance(days=6)
    receive(container, bounce_report(path, status="4.4.1", reply="gave up"))
    supporter.worker.run_housekeeping()
    assert letter_states(container) == [LetterState.WAITING]
    assert "has been bouncing for five days" in recipient(container).pause_reason
