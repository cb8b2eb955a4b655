"""Bad days of the daily mail: nothing is lost or doubled, and no one answer ends hundreds."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import OutcomeUnknown, TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.rows import AddressRow, RecipientRow
from campaign.recipients.rules.addresses import Channel
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.digests import (
    csv_rows,
    enable_digest,
    letter_states,
    sign_before_delivery,
    supporter_with_refusals,
)
from tests.helpers.transports import UnreachableTransport
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock


@pytest.fixture(autouse=True)
def daily(container: Container) -> None:
    enable_digest(container)


def test_a_damaged_letter_holds_up_none_of_the_others(
    supporter: Supporter, container: Container
) -> None:
    sign_before_delivery(supporter, 3)
    with container.database.writing() as session:
        first = select(LetterRow.id).order_by(LetterRow.id).limit(1).scalar_subquery()
        session.execute(
            update(LetterRow).where(LetterRow.id == first).values(sealed=b"\x01damaged")
        )
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert len(csv_rows(mail)) == 2
    assert sorted(letter_states(container)) == ["accepted", "accepted", "refused"]


def test_a_mail_refused_for_now_leaves_again_the_same_day_with_the_same_letters(
    container: Container, clock: Clock
) -> None:
    answers = [TransportError("greylisted", permanent=False, code="451")]
    supporter = supporter_with_refusals(container, lambda _: answers.pop() if answers else None)
    sign_before_delivery(supporter, 2)
    supporter.deliver()
    assert supporter.daily_mails() == []
    clock.advance(minutes=6)
    sign_before_delivery(supporter, 1)
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert len(csv_rows(mail)) == 2


def test_a_mail_refused_for_good_ends_no_letter_and_calls_the_organisers(
    container: Container,
) -> None:
    supporter = supporter_with_refusals(
        container, lambda _: TransportError("too large", permanent=True, code="552")
    )
    pages = sign_before_delivery(supporter, 3)
    supporter.deliver()
    supporter.worker.run_housekeeping()
    assert set(letter_states(container)) == {LetterState.WAITING}
    (call,) = supporter.mails("contact@example.org")
    assert "A digest with 3 letters was permanently refused" in call.text
    assert "paused letters to this office" in supporter.browser.get(pages[0]).text


def test_a_mail_refused_for_now_for_five_days_ends_no_letter_and_calls_the_organisers(
    container: Container, clock: Clock
) -> None:
    supporter = supporter_with_refusals(
        container, lambda _: TransportError("later", permanent=False, code="451")
    )
    sign_before_delivery(supporter, 2)
    for _ in range(7):
        supporter.deliver()
        clock.advance(days=1)
    supporter.worker.run_housekeeping()
    assert set(letter_states(container)) == {LetterState.WAITING}
    supporter.deliver()
    assert "refused for five days" in supporter.mails("contact@example.org")[0].text


def test_a_fault_in_one_ministrys_mail_holds_up_nobody(
    supporter: Supporter, container: Container
) -> None:
    sign_before_delivery(supporter, 1)
    with container.database.writing() as session:
        broken = AddressRow(
            recipient="DE/foreign-affairs",
            channel=Channel.EMAIL,
            value="not an address",
            source="a test",
        )
        session.add(broken)
    supporter.deliver()
    sign_before_delivery(supporter, 1, government="FR")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert sorted(letter_states(container)) == ["accepted", "queued"]


def test_a_mail_with_an_unknown_outcome_makes_its_letters_uncertain(container: Container) -> None:
    supporter = supporter_with_refusals(container, lambda _: OutcomeUnknown("cut"))
    sign_before_delivery(supporter, 2)
    supporter.deliver()
    assert set(letter_states(container)) == {LetterState.UNCERTAIN}
    supporter.deliver()
    assert len(supporter.transport.tried) - len(supporter.mails()) == 1  # type: ignore[attr-defined]


def test_without_a_connection_the_letters_wait_and_nothing_is_held_against_the_ministry(
    container: Container, clock: Clock
) -> None:
    transport = UnreachableTransport(None)
    worker = create_worker(container, transport)
    supporter = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    sign_before_delivery(supporter, 2)
    transport.error = TransportError("no route", permanent=False, code="connection")
    supporter.deliver()
    assert set(letter_states(container)) == {LetterState.QUEUED}
    transport.error = None
    clock.advance(minutes=6)
    supporter.deliver()
    assert [len(csv_rows(mail)) for mail in supporter.daily_mails()] == [2]
    with container.database.reading() as session:
        assert set(session.scalars(select(RecipientRow.refusals))) == {0}


class WithdrawsBeforeItConnects(MemoryTransport):
    """A transport during whose first connection somebody withdraws."""

    withdraw: Callable[[], object] | None = None

    @contextmanager
    def connect(self) -> Iterator[MemoryTransport]:
        if self.withdraw is not None:
            self.withdraw()
            self.withdraw = None
        yield self


def test_a_letter_withdrawn_while_the_mail_was_made_is_not_in_it(container: Container) -> None:
    transport = WithdrawsBeforeItConnects()
    worker = create_worker(container, transport)
    supporter = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    pages = sign_before_delivery(supporter, 2)
    transport.withdraw = lambda: supporter.browser.post(f"{pages[0]}/withdraw")
    supporter.deliver()
    assert [len(csv_rows(mail)) for mail in supporter.daily_mails()] == [1]
    assert set(letter_states(container)) == {LetterState.DROPPED, LetterState.ACCEPTED}


@pytest.mark.parametrize(("verb", "state"), [("release", "accepted"), ("drop", "dropped")])
def test_a_person_decides_about_all_letters_of_an_uncertain_mail_at_once(
    container: Container, command: Callable[..., Result], clock: Clock, verb: str, state: str
) -> None:
    answers: list[TransportError] = [OutcomeUnknown("cut")]
    supporter = supporter_with_refusals(container, lambda _: answers.pop() if answers else None)
    sign_before_delivery(supporter, 3)
    supporter.deliver()
    listed = command("letters", "uncertain").output.splitlines()
    (daily_mail,) = {line.partition("in daily mail ")[2] for line in listed}
    said = command("letters", verb, daily_mail, "--reason", "the ministry says so")
    assert said.output.startswith("3 letters are ")
    clock.now = datetime.now(UTC) + timedelta(days=1)  # the command went by the real clock
    supporter.deliver()
    assert set(letter_states(container)) == {state}
    again = command("letters", verb, daily_mail, "--reason", "twice")
    assert "there is no letter" in again.output
