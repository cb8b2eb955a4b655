"""Every change of a message's state is in the one table, whatever happens and in which order."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery import pacing, pause
from campaign.delivery.decide import DecisionKind, ManualDecision, decide_one, possible_decisions
from campaign.delivery.queries import claiming
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import (
    CARRIERS,
    TRANSITIONS,
    DeliveryPolicy,
    OutgoingEvent,
    OutgoingKind,
    OutgoingState,
    letter_state_after,
    next_state,
    sources,
)
from campaign.errors import (
    CampaignError,
    NoLongerPossible,
    OutcomeUnknown,
    TooEarly,
    TransportError,
)
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.services import create_worker
from tests.clock import START
from tests.helpers.inbound import receive
from tests.helpers.incoming_messages import bounce_report
from tests.helpers.state_changes import state_changes
from tests.helpers.transports import RefusingTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.long

STEPS = 120
_FINAL = {OutgoingState.BOUNCED, OutgoingState.REFUSED, OutgoingState.DROPPED}


def test_what_is_not_in_the_table_is_refused() -> None:
    for state, happened in product(OutgoingState, OutgoingEvent):
        if (state, happened) in TRANSITIONS:
            assert state in sources(happened)
            assert next_state(state, happened) is TRANSITIONS[state, happened]
        else:
            with pytest.raises(NoLongerPossible):
                next_state(state, happened)


def test_only_a_retry_leads_out_of_a_final_state() -> None:
    assert {happened for state, happened in TRANSITIONS if state in _FINAL} == {OutgoingEvent.RETRY}


def test_every_state_can_be_reached_and_every_event_happens() -> None:
    assert set(TRANSITIONS.values()) | {OutgoingState.WAITING} == set(OutgoingState)
    assert {happened for _, happened in TRANSITIONS} == set(OutgoingEvent)


def test_no_failure_of_a_digest_ends_a_letter() -> None:
    for happened in (OutgoingEvent.REFUSE, OutgoingEvent.BOUNCE, OutgoingEvent.DROP):
        assert letter_state_after(happened, OutgoingKind.DIGEST) is LetterState.QUEUED


class RandomSeason:
    """Things that happen to a site's messages, one at a time and at random."""

    def __init__(self, supporter: Supporter, container: Container, clock: Clock, seed: int) -> None:
        self.supporter, self.container, self.clock = supporter, container, clock
        self.draw = random.Random(seed)
        transport = RefusingTransport(self.answer)
        supporter.worker, supporter.transport = create_worker(container, transport), transport
        self.transport = transport
        self.private: list[str] = []
        self.happened = Counter[str]()
        self.acts: list[Callable[[], object]] = [
            *(self.sign, self.sign, self.deliver, self.deliver, self.deliver),
            *(self.report, self.report, self.withdraw, self.claim_and_die, self.wait),
            *(self.switch_digest, self.pause_or_resume, self.decide, self.decide),
        ]

    def answer(self, envelope: Envelope) -> TransportError | None:
        if envelope.name.startswith("mail-confirmation"):
            return None
        refused = TransportError("refused", permanent=self.draw.random() < 0.5, code="554")
        return self.draw.choice([None, None, refused, OutcomeUnknown("cut")])

    def step(self) -> None:
        act = self.draw.choice(self.acts)
        act()
        self.happened[act.__name__] += 1

    def sign(self) -> None:
        email = f"testa{len(self.private)}@example.org"
        government = self.draw.choice(["DE", "FR"])
        self.supporter.submit(email=email, government=government, send_copy="y")
        while not self.supporter.mails(email):
            self.supporter.worker.step()
        done = self.supporter.browser.post(self.supporter.mails(email)[-1].link("confirm"))
        self.private.append(done.location.replace("/done/", "/private/"))

    def deliver(self) -> None:
        self.supporter.worker.step()

    def wait(self) -> None:
        self.clock.advance(minutes=self.draw.choice([10, 60, 60 * 24]))
        self.supporter.worker.run_housekeeping()

    def report(self) -> None:
        if self.transport.tried:
            path = self.draw.choice(self.transport.tried).sender
            action = self.draw.choice(
                [("failed", "5.1.1"), ("failed", "4.2.2"), ("delayed", "4.4.1")]
            )
            try:
                receive(self.container, bounce_report(path, *action))
            except TooEarly:
                self.happened["too early"] += 1

    def withdraw(self) -> None:
        if self.private:
            self.supporter.browser.post(f"{self.draw.choice(self.private)}/withdraw")

    def claim_and_die(self) -> None:
        holder = Actor("dead", "memory")
        with self.container.database.writing() as session:
            claiming.claim_letters(session, holder, self.clock(), 1, SitePace(live=False))

    def switch_digest(self) -> None:
        with self.container.database.writing() as session:
            on = self.draw.random() < 0.5
            pacing.set_digest(session, "DE/foreign-affairs", on=on, by="Test", now=self.clock())

    def pause_or_resume(self) -> None:
        with self.container.database.writing() as session:
            if self.draw.random() < 0.3:
                pause.pause(session, "FR/foreign-affairs", "a test", "Test", self.clock())
            else:
                pause.resume(session, "FR/foreign-affairs", "Test", live=False, now=self.clock())
                pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=self.clock())

    def decide(self) -> None:
        with self.container.database.writing() as session:
            rows = session.scalars(select(LetterRow).order_by(LetterRow.id)).all()
            undecided = [row for row in rows if possible_decisions(row)]
            if undecided:
                row = self.draw.choice(undecided)
                kind = self.draw.choice(possible_decisions(row))
                decide_one(session, row.id, ManualDecision(kind, "Test", "a test"), self.clock())


@pytest.fixture
def moves() -> Iterator[list[tuple[OutgoingState, OutgoingState]]]:
    with state_changes(OutgoingRow) as seen:
        yield seen


def faults(container: Container) -> list[str]:
    """Return what does not fit between letters, messages and attempts."""
    found = []
    with container.database.reading() as session:
        messages = {row.id: row for row in session.scalars(select(OutgoingRow))}
        accepted = Counter(
            session.scalars(
                select(AttemptRow.outgoing_id).where(AttemptRow.outcome == Outcome.ACCEPTED)
            )
        )
        for message in messages.values():
            once = message.policy is DeliveryPolicy.AT_MOST_ONCE
            if once != (message.kind in CARRIERS):
                found.append(f"{message.kind} goes out {message.policy}")
            leased = message.state in {OutgoingState.CLAIMED, OutgoingState.UNCERTAIN}
            if (message.lease_holder is not None) > leased:
                found.append(f"a {message.state} {message.kind} is held by {message.lease_holder}")
            if message.state is OutgoingState.ACCEPTED and not accepted[message.id]:
                found.append(f"a {message.kind} was accepted by nobody")
        for letter in session.scalars(select(LetterRow)):
            carrier = messages.get(letter.outgoing_id) if letter.outgoing_id else None
            pair = (letter.state, carrier.state if carrier else None)
            if letter.state is LetterState.CLAIMED and pair[1] is not OutgoingState.CLAIMED:
                found.append(f"a letter is claimed, its message {pair[1]}")
            alone = carrier is not None and carrier.kind is OutgoingKind.LETTER
            said = alone and pair[1] in {"accepted", "bounced", "refused", "uncertain"}
            if said and pair[0].value != pair[1]:
                found.append(f"a letter is {pair[0]}, its own message {pair[1]}")
    return found


@pytest.mark.parametrize("seed", [20261102, 20261103])
def test_whatever_happens_goes_by_the_table(
    supporter: Supporter,
    container: Container,
    clock: Clock,
    moves: list[tuple[OutgoingState, OutgoingState]],
    seed: int,
) -> None:
    clock.now = START
    season = RandomSeason(supporter, container, clock, seed)
    for _ in range(STEPS):
        season.step()
        assert faults(container) == []
    possible = {(state, target) for (state, _), target in TRANSITIONS.items()}
    assert set(moves) <= possible
    # Much of the table has been used, not just the way without faults.
    assert len(set(moves)) >= len(possible) // 2, Counter(moves)


def test_decisions_are_errors_where_nothing_is_to_be_decided(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    with container.database.writing() as session:
        (letter,) = session.scalars(select(LetterRow))
        for kind in DecisionKind:
            with pytest.raises(CampaignError):
                decide_one(session, letter.id, ManualDecision(kind, "Test", "a test"), START)
