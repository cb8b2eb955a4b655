"""What comes back: bounces move letters on, answers reach her, programs' words do neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.domain.delivery import LEASE, Outcome
from campaign.domain.letter import LetterState, WaitingFor
from campaign.errors import TooEarly
from campaign.factory import create_app, create_worker
from campaign.services import pacing
from campaign.services.inbound import Mailroom
from campaign.store import claiming, queue
from campaign.store.attempts import Holder, Result
from campaign.store.claiming import Pace
from campaign.store.rows import AttemptRow, InboundRow, LetterRow, MailRow, MinistryRow
from tests.conftest import SLUG
from tests.incoming_for_tests import answer, report
from tests.supporter import Supporter
from tests.transports_for_tests import LiveMemory, Refusing

if TYPE_CHECKING:
    from campaign.factory import House
    from tests.clock import Clock


def receive(house: House, wire: bytes, to: str = "") -> str:
    mailroom = Mailroom(house.vault, house.tokens, house.settings.operator)
    with house.database.writing() as session:
        return mailroom.receive(session, wire, to, house.clock())


def sign(supporter: Supporter, **changes: str) -> tuple[str, str, str]:
    """Sign and deliver; return the private page, the return path and the Message-ID."""
    page = supporter.sign(**changes)
    supporter.deliver()
    envelope = next(one for one in reversed(supporter.transport.sent) if one.name[:6] == "letter")
    letter = supporter.letters()[-1] if envelope.name[6] == "-" else supporter.daily_mails()[-1]
    return page, envelope.sender, str(letter.message["Message-ID"])


def states(house: House) -> list[LetterState]:
    with house.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


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
        pacing.resume(session, "DE", live=False, now=clock())
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
    transport.name, transport.live = "rehearsal", False
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
        pacing.use_digest(session, "DE", on=True)
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


def test_an_answer_is_filed_and_passed_on_to_her(supporter: Supporter, house: House) -> None:
    page, _, message_id = sign(supporter)
    said = receive(house, answer(message_id, "Dear Ms Example,\n\nthank you. Grüße"))
    assert said.startswith("an answer to letter")
    mail = supporter.newest_mail()
    assert mail.message["Subject"].startswith("An answer to your letter")
    assert "desk@ministry.example" in mail.text
    assert "thank you. Grüße" in mail.text
    shown = supporter.browser.get(page).text
    assert "thank you. Grüße" in shown
    assert "An answer came in" in shown
    held = supporter.browser.post(f"{page}/download").get_json()
    assert held["letter"]["answers"][0]["from"] == "desk@ministry.example"
    assert states(house) == [LetterState.ACCEPTED]


def test_an_answer_that_quotes_the_ministrys_link_is_passed_on_without_it(
    supporter: Supporter, house: House
) -> None:
    page, _, message_id = sign(supporter)
    token = supporter.letters()[0].link("clerk").rpartition("/")[2]
    quoted = "".join(f"> {line}\n" for line in supporter.letters()[0].text.splitlines())
    receive(house, answer(message_id, f"Thank you.\n\n{quoted}"))
    copies = [supporter.newest_mail().text, supporter.browser.get(page).text]
    copies.append(supporter.browser.post(f"{page}/download").text)
    assert all("Thank you." in copy for copy in copies)
    assert not any(token in copy for copy in copies)


def test_files_of_an_answer_are_named_and_kept_back(supporter: Supporter, house: House) -> None:
    _, _, message_id = sign(supporter)
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
        '--b\r\nContent-Type: application/pdf; name="answer.pdf"\r\n\r\n%PDF\r\n--b--'
    )
    receive(house, answer(message_id, body, Content_Type='multipart/mixed; boundary="b"'))
    mail = supporter.newest_mail()
    assert "answer.pdf" in mail.text
    assert not mail.message.is_multipart()


def test_an_automatic_answer_is_neither_a_bounce_nor_an_answer(
    supporter: Supporter, house: House
) -> None:
    page, path, message_id = sign(supporter)
    before = len(supporter.mails())
    receive(house, answer(message_id, "I am away.", Auto_Submitted="auto-replied"))
    receive(house, answer("", "I am away too.", Return_Path="<>"), path)
    supporter.deliver()
    assert states(house) == [LetterState.ACCEPTED]
    assert len(supporter.mails()) == before
    shown = supporter.browser.get(page).text
    assert shown.count("an automatic message came back") == 2
    assert "An answer came in" not in shown


def test_an_answer_to_a_letter_that_was_deleted_is_not_kept(
    supporter: Supporter, house: House
) -> None:
    page, _, message_id = sign(supporter)
    supporter.browser.post(f"{page}/delete")
    before = len(supporter.mails())
    assert "deleted" in receive(house, answer(message_id))
    supporter.deliver()
    assert len(supporter.mails()) == before
    with house.database.reading() as session:
        assert list(session.scalars(select(InboundRow.sealed))) == [None]


def test_deleting_everything_deletes_what_was_answered(supporter: Supporter, house: House) -> None:
    page, _, message_id = sign(supporter)
    receive(house, answer(message_id))
    supporter.browser.post(f"{page}/delete")
    supporter.deliver()
    with house.database.reading() as session:
        assert list(session.scalars(select(InboundRow.sealed))) == [None]


def test_what_fits_no_letter_is_kept_and_the_organisers_are_told_once_a_day(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    for number in range(3):
        said = receive(house, answer("", f"An answer without a reference, number {number}"))
        assert "fits no letter" in said
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 1
    clock.advance(days=2)
    receive(house, answer("<0197f000-0000-7000-8000-000000000009@example.org>"))
    supporter.deliver()
    assert len(supporter.mails("contact@example.org")) == 2


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


def test_nobody_can_answer_a_letter_that_was_never_on_its_way(
    supporter: Supporter, house: House
) -> None:
    supporter.submit()
    supporter.deliver()
    with house.database.reading() as session:
        letter_id = session.scalars(select(LetterRow.id)).one()
    said = receive(house, answer(f"<{letter_id}@example.org>", "Buy something."))
    supporter.deliver()
    assert "fits no letter" in said
    assert len(supporter.mails("testa@example.org")) == 1


def test_answers_keep_the_days_cap_and_all_stand_on_her_page(
    supporter: Supporter, house: House
) -> None:
    page, _, message_id = sign(supporter)
    before = len(supporter.mails("testa@example.org"))
    for number in range(5):
        receive(house, answer(message_id, f"Answer number {number}."))
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) - before == 2, "one mail asked to confirm"
    shown = supporter.browser.get(page).text
    assert all(f"Answer number {number}." in shown for number in range(5))


def test_an_automatic_answer_that_is_faster_than_the_workers_result_sends_nothing_twice(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    dead = Holder("dead", "memory")
    with house.database.writing() as session:
        (row,) = claiming.claim_letters(session, dead, clock(), 10, Pace(live=False))
        assert queue.start(session, LetterRow, row.id, dead, clock())
    message_id = f"<{row.id}@example.org>"
    receive(house, answer(message_id, "I am away.", Auto_Submitted="auto-replied"))
    clock.now += LEASE * 2
    supporter.worker.sweep()
    supporter.deliver()
    assert supporter.letters() == []
    assert states(house) == [LetterState.UNCERTAIN]


def test_a_report_that_is_faster_than_the_workers_result_is_brought_again(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.sign()
    hand = Holder("hand", "memory")
    with house.database.writing() as session:
        (row,) = claiming.claim_letters(session, hand, clock(), 10, Pace(live=False))
        assert queue.start(session, LetterRow, row.id, hand, clock())
    path = f"{house.tokens.return_path(row.id)}@example.org"
    with pytest.raises(TooEarly):
        receive(house, report(path))
    with house.database.writing() as session:
        queue.finish(session, LetterRow, row.id, hand, Result(Outcome.ACCEPTED), clock())
    receive(house, report(path))
    assert states(house) == [LetterState.BOUNCED]


def test_a_second_report_about_an_earlier_mail_sends_no_letter_again(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True)
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
        pacing.use_digest(session, "DE", on=True)
    _, path, _ = sign(supporter)
    clock.advance(days=6)
    receive(house, report(path, status="4.4.1", reply="gave up"))
    supporter.worker.sweep()
    assert states(house) == [LetterState.WAITING]
    assert "came back for five days" in ministry(house).pause_reason
