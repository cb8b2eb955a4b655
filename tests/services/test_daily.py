"""One mail a day: a count, what the letters ask for, and all of them as PDF and CSV."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from campaign import exports
from campaign.domain.delivery import Outcome
from campaign.domain.directory import Channel
from campaign.domain.letter import LetterState
from campaign.errors import OutcomeUnknown, TransportError
from campaign.factory import create_app, create_worker, pace_of
from campaign.services import pacing
from campaign.services.binding import Binder
from campaign.services.daily import DailyCourier
from campaign.services.delivery import Hands
from campaign.store import digests
from campaign.store.rows import AddressRow, AttemptRow, LetterRow, MailRow, MinistryRow
from campaign.transports.memory import Memory
from tests.conftest import SLUG
from tests.supporter import Mail, Supporter
from tests.transports_for_tests import Refusing, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    from campaign.domain.delivery import Envelope
    from campaign.factory import House
    from tests.clock import Clock


@pytest.fixture(autouse=True)
def daily(house: House) -> None:
    with house.database.writing() as session:
        pacing.use_digest(session, "DE", on=True)


def sign_many(supporter: Supporter, count: int, **changes: object) -> list[str]:
    """Sign and confirm before any letter leaves; return the private pages."""
    begun = len(supporter.mails())
    for number in range(count):
        filled = {"name": f"Testa Example {number}", **changes}
        supporter.submit(email=f"testa{begun + number}@example.org", **filled)
    while len(supporter.mails()) < begun + count:
        supporter.worker.step()
    pages = []
    for mail in supporter.mails()[begun:]:
        done = supporter.browser.post(mail.link("confirm")).location
        pages.append(done.replace("/done/", "/private/"))
    return pages


def table(mail: Mail) -> list[dict[str, str]]:
    text = mail.file("text/csv").decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def states(house: House) -> list[LetterState]:
    with house.database.reading() as session:
        return list(session.scalars(select(LetterRow.state).order_by(LetterRow.id)))


def through(house: House, answer: Callable[[Envelope], TransportError | None]) -> Supporter:
    """Return a supporter whose worker's transport answers so to what goes to a ministry."""

    def refusal(envelope: Envelope) -> TransportError | None:
        return None if envelope.name.startswith("mail-") else answer(envelope)

    transport = Refusing(refusal)
    worker = create_worker(house, transport)
    return Supporter(create_app(house).test_client(), worker, transport, SLUG)


def test_all_letters_of_a_day_leave_in_one_mail(supporter: Supporter, house: House) -> None:
    sign_many(supporter, 2, demands=["open", "un"], reply_directly="y")
    sign_many(supporter, 1, demands=["un"], town="Example-on-Sea", paragraph="=1+1 Grüße")
    supporter.deliver()
    assert supporter.letters() == []
    (mail,) = supporter.daily_mails()
    assert mail.to == "de@ministry.example"
    assert mail.message["Subject"].startswith("3 Briefe: ")
    lines = [line for line in mail.text.splitlines() if line[:1].isdigit()]
    assert [line.split("  ")[0] for line in lines[1:]] == ["3 (1)", "2 (2)"]
    rows = table(mail)
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    (own,) = (row for row in rows if row["town"] == "Example-on-Sea")
    assert "\n=1+1 Grüße\n" in own["letter"]
    assert own["demands"] == "un"
    assert sorted(row["answer_to"] for row in rows) == [
        "",
        "testa0@example.org",
        "testa1@example.org",
    ]
    pages = PdfReader(BytesIO(mail.file("application/pdf"))).pages
    printed = "\n".join(page.extract_text() for page in pages)
    assert "Testa Example 1" in printed
    assert "Grüße" in printed
    assert set(states(house)) == {LetterState.ACCEPTED}


def test_her_page_tells_of_the_daily_mail_as_of_a_letter_that_left_alone(
    supporter: Supporter, house: House
) -> None:
    (page,) = sign_many(supporter, 1, send_copy="y")
    supporter.deliver()
    assert "delivered in rehearsal" in supporter.browser.get(page).text
    assert supporter.mails()[-1].message["Subject"].startswith("A copy of your letter")
    held = supporter.browser.post(f"{page}/download").get_json()
    assert [one["outcome"] for one in held["letter"]["attempts"]] == ["started", "accepted"]
    assert all(one["in_daily_mail"] for one in held["letter"]["attempts"])


def test_letters_of_the_same_day_wait_for_the_next_mail(supporter: Supporter, clock: Clock) -> None:
    sign_many(supporter, 1)
    supporter.deliver()
    clock.advance(minutes=1)
    sign_many(supporter, 1)
    supporter.deliver()
    assert len(supporter.daily_mails()) == 1
    clock.advance(days=1)
    supporter.deliver()
    assert [len(table(mail)) for mail in supporter.daily_mails()] == [1, 1]


def test_other_ministries_get_single_letters(supporter: Supporter) -> None:
    sign_many(supporter, 2, government="FR")
    supporter.deliver()
    assert len(supporter.letters()) == 2
    assert supporter.daily_mails() == []


def test_too_large_a_mail_is_split_and_no_letter_is_in_two(
    supporter: Supporter, house: House
) -> None:
    sign_many(supporter, 5)
    table_writer = exports.load("csv").write
    binder = Binder(house.composer, house.typesetter, house.press, table_writer, largest=60_000)
    pace = pace_of(house, live=False)
    hands = Hands(house.database, supporter.transport, "test", pace, house.clock)
    courier = DailyCourier(hands, binder)
    while courier.deliver():
        pass
    mails = supporter.daily_mails()
    assert len(mails) > 1
    assert max(len(one.message) for one in supporter.transport.sent) <= 60_000
    names = [row["name"] for mail in mails for row in table(mail)]
    assert sorted(names) == [f"Testa Example {number}" for number in range(5)]
    assert "Weitere Briefe folgen" in mails[0].text
    assert "Weitere Briefe folgen" not in mails[-1].text
    assert set(states(house)) == {LetterState.ACCEPTED}


def test_a_letter_that_cannot_be_printed_stands_in_the_table_and_the_mail_says_so(
    supporter: Supporter,
) -> None:
    sign_many(supporter, 1)
    sign_many(supporter, 1, paragraph="With a \N{SNOWMAN WITHOUT SNOW} in it.")
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert any("\N{SNOWMAN WITHOUT SNOW}" in row["letter"] for row in table(mail))
    assert "1 Brief enthält Zeichen" in mail.text
    pages = PdfReader(BytesIO(mail.file("application/pdf"))).pages
    assert "With a" not in "".join(page.extract_text() for page in pages)


def test_a_damaged_letter_holds_up_none_of_the_others(supporter: Supporter, house: House) -> None:
    sign_many(supporter, 3)
    with house.database.writing() as session:
        first = select(LetterRow.id).order_by(LetterRow.id).limit(1).scalar_subquery()
        session.execute(
            update(LetterRow).where(LetterRow.id == first).values(sealed=b"\x01damaged")
        )
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert len(table(mail)) == 2
    assert sorted(states(house)) == ["accepted", "accepted", "refused"]


def test_a_mail_refused_for_now_leaves_again_the_same_day_with_the_same_letters(
    house: House, clock: Clock
) -> None:
    answers = [TransportError("greylisted", permanent=False, code="451")]
    supporter = through(house, lambda _: answers.pop() if answers else None)
    sign_many(supporter, 2)
    supporter.deliver()
    assert supporter.daily_mails() == []
    clock.advance(minutes=6)
    sign_many(supporter, 1)
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert len(table(mail)) == 2


def test_a_mail_refused_for_good_ends_no_letter_and_calls_the_organisers(house: House) -> None:
    supporter = through(house, lambda _: TransportError("too large", permanent=True, code="552"))
    pages = sign_many(supporter, 3)
    supporter.deliver()
    supporter.worker.sweep()
    assert set(states(house)) == {LetterState.WAITING}
    (call,) = supporter.mails("contact@example.org")
    assert "A mail with 3 letters was refused for good" in call.text
    assert "paused letters to this ministry" in supporter.browser.get(pages[0]).text


def test_a_mail_refused_for_now_for_five_days_ends_no_letter_and_calls_the_organisers(
    house: House, clock: Clock
) -> None:
    supporter = through(house, lambda _: TransportError("later", permanent=False, code="451"))
    sign_many(supporter, 2)
    for _ in range(7):
        supporter.deliver()
        clock.advance(days=1)
    supporter.worker.sweep()
    assert set(states(house)) == {LetterState.WAITING}
    supporter.deliver()
    assert "refused for five days" in supporter.mails("contact@example.org")[0].text


def test_a_fault_in_one_ministrys_mail_holds_up_nobody(supporter: Supporter, house: House) -> None:
    sign_many(supporter, 1)
    with house.database.writing() as session:
        broken = AddressRow(
            government="DE", channel=Channel.EMAIL, value="not an address", source="a test"
        )
        session.add(broken)
    supporter.deliver()
    sign_many(supporter, 1, government="FR")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert sorted(states(house)) == ["accepted", "queued"]


def test_a_mail_with_an_unknown_outcome_makes_its_letters_uncertain(house: House) -> None:
    supporter = through(house, lambda _: OutcomeUnknown("cut"))
    sign_many(supporter, 2)
    supporter.deliver()
    assert set(states(house)) == {LetterState.UNCERTAIN}
    supporter.deliver()
    assert len(supporter.transport.tried) - len(supporter.mails()) == 1  # type: ignore[attr-defined]


def test_without_a_connection_the_letters_wait_and_nothing_is_held_against_the_ministry(
    house: House, clock: Clock
) -> None:
    transport = Unreachable(None)
    worker = create_worker(house, transport)
    supporter = Supporter(create_app(house).test_client(), worker, transport, SLUG)
    sign_many(supporter, 2)
    transport.error = TransportError("no route", permanent=False, code="connection")
    supporter.deliver()
    assert set(states(house)) == {LetterState.QUEUED}
    transport.error = None
    clock.advance(minutes=6)
    supporter.deliver()
    assert [len(table(mail)) for mail in supporter.daily_mails()] == [2]
    with house.database.reading() as session:
        assert set(session.scalars(select(MinistryRow.refusals))) == {0}


class WithdrawsBeforeItConnects(Memory):
    """A transport during whose first connection somebody withdraws."""

    withdraw: Callable[[], object] | None = None

    @contextmanager
    def connect(self) -> Iterator[Memory]:
        if self.withdraw is not None:
            self.withdraw()
            self.withdraw = None
        yield self


def test_a_letter_withdrawn_while_the_mail_was_made_is_not_in_it(house: House) -> None:
    transport = WithdrawsBeforeItConnects()
    worker = create_worker(house, transport)
    supporter = Supporter(create_app(house).test_client(), worker, transport, SLUG)
    pages = sign_many(supporter, 2)
    transport.withdraw = lambda: supporter.browser.post(f"{pages[0]}/withdraw")
    supporter.deliver()
    assert [len(table(mail)) for mail in supporter.daily_mails()] == [1]
    assert set(states(house)) == {LetterState.DROPPED, LetterState.ACCEPTED}


def test_the_log_tells_which_letters_left_together(supporter: Supporter, house: House) -> None:
    sign_many(supporter, 2)
    supporter.deliver()
    with house.database.reading() as session:
        (digest_id,) = set(
            session.scalars(
                select(AttemptRow.digest_id)
                .where(AttemptRow.outcome == Outcome.ACCEPTED)
                .where(AttemptRow.letter_id.is_not(None))
            )
        )
        assert digest_id is not None
        assert len(digests.letters_of(session, digest_id)) == 2
    (mail,) = supporter.daily_mails()
    assert str(digest_id) in mail.message["Message-ID"]


@pytest.mark.parametrize(("verb", "state"), [("release", "accepted"), ("drop", "dropped")])
def test_a_person_decides_about_all_letters_of_an_uncertain_mail_at_once(
    house: House, command: Callable[..., Result], clock: Clock, verb: str, state: str
) -> None:
    answers: list[TransportError] = [OutcomeUnknown("cut")]
    supporter = through(house, lambda _: answers.pop() if answers else None)
    sign_many(supporter, 3)
    supporter.deliver()
    listed = command("letters", "uncertain").output.splitlines()
    (daily_mail,) = {line.partition("in daily mail ")[2] for line in listed}
    said = command("letters", verb, daily_mail, "--reason", "the ministry says so")
    assert said.output.startswith("3 letters are ")
    clock.now = datetime.now(UTC) + timedelta(days=1)  # the command went by the real clock
    supporter.deliver()
    assert set(states(house)) == {state}
    again = command("letters", verb, daily_mail, "--reason", "twice")
    assert "there is no letter" in again.output


class TestAtAPace:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"CAMPAIGN_PACE": "always", "CAMPAIGN_LETTERS_PER_HOUR": "4"}

    def test_it_leaves_on_working_days_in_office_hours_only(
        self, supporter: Supporter, clock: Clock
    ) -> None:
        clock.now = datetime(2026, 11, 6, 17, 30, tzinfo=UTC)  # a Friday, after hours
        (page,) = sign_many(supporter, 1)
        assert "should leave by Monday" in supporter.browser.get(page).text
        left: list[datetime] = []
        while not left and clock.now < datetime(2026, 11, 12, tzinfo=UTC):
            supporter.deliver()
            left = [clock.now] if supporter.daily_mails() else []
            clock.advance(minutes=15)
        assert left == [datetime(2026, 11, 9, 8, 0, tzinfo=UTC)]

    def test_a_long_queue_is_offered_to_the_organisers_once_and_one_click_changes_it(
        self, supporter: Supporter, house: House, clock: Clock
    ) -> None:
        with house.database.writing() as session:
            pacing.use_digest(session, "DE", on=False)
            pacing.set_pace(session, "DE", pacing.Wanted(per_day=1))
        sign_many(supporter, 7)
        supporter.worker.sweep()
        supporter.worker.sweep()
        supporter.deliver()
        (offer,) = supporter.mails("contact@example.org")
        assert offer.message["Subject"].startswith("The queue for Auswärtiges Amt")
        link = offer.link("digest")
        assert "One mail a day" in supporter.browser.get(link).text
        assert "Done" in supporter.browser.post(link).text
        clock.advance(days=1)
        supporter.deliver()
        (mail,) = supporter.daily_mails()
        assert len(table(mail)) == 7 - len(supporter.letters())

    def test_a_queue_of_five_days_is_not_offered(self, supporter: Supporter, house: House) -> None:
        with house.database.writing() as session:
            pacing.use_digest(session, "DE", on=False)
            pacing.set_pace(session, "DE", pacing.Wanted(per_day=1))
        sign_many(supporter, 5)
        supporter.worker.sweep()
        with house.database.reading() as session:
            about = session.scalars(select(MailRow.government).where(MailRow.government != ""))
            assert list(about) == []
