"""The books are right after anything that supporters and organisers do, in any order."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.content.letters import Choices, choose_keys, compose
from campaign.domain.ids import uuid7
from campaign.domain.letter import LetterState, WaitingFor, Way, WrittenLetter
from campaign.domain.log import Cause
from campaign.domain.rule import ChangeKind, Rule
from campaign.domain.signature import TICKS, Consent, Person, State, is_counted
from campaign.errors import CampaignError
from campaign.services import bulk, own_page, signing
from campaign.services.bulk import Order
from campaign.services.holding import hold_one, release
from campaign.services.invalidating import invalidate_one, restore_one
from campaign.services.signing import Shown, Submission
from campaign.services.sweeping import sweep
from campaign.store import counts
from campaign.store.claiming import Pace
from campaign.store.ledger import ErasureLedger
from campaign.store.rows import LetterRow, SignatureRow
from tests.conftest import SLUG

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.factory import House
    from tests.clock import Clock

CAUSE = Cause("Ada Example", "a look at the books")
STEPS = 320


class Everybody:
    """Does one thing after another, each in a transaction, whether it is possible or not."""

    def __init__(self, house: House, clock: Clock, ledger: ErasureLedger, seed: int) -> None:
        self.house = house
        self.clock = clock
        self.ledger = ledger
        self.dice = random.Random(seed)
        self.signed: list[UUID] = []
        self.changes: list[UUID] = []
        self.happened: Counter[str] = Counter()

    def step(self) -> None:
        self.clock.advance(minutes=self.dice.randrange(300))
        name = self.dice.choice(
            ["submit"] * 6 + ["confirm"] * 8 + ["invalidate", "restore"] * 3
            + ["withdraw", "erase", "hold", "release", "by_rule", "undo", "work", "sweep"]
        )  # fmt: skip
        with suppress(CampaignError, IndexError), self.house.database.writing() as session:
            getattr(self, name)(session)
            self.happened[name] += 1

    @property
    def one(self) -> UUID:
        return self.dice.choice(self.signed)

    def one_of(self, session: Session, condition: ColumnElement[bool]) -> UUID:
        fitting = set(session.scalars(select(SignatureRow.id).where(condition)))
        return self.dice.choice([one for one in self.signed if one in fitting])

    def confirmed(self, session: Session) -> UUID:
        return self.one_of(session, SignatureRow.state == State.CONFIRMED)

    def submit(self, session: Session) -> None:
        shelved = self.house.shelf.by_slug(session, SLUG)
        now, government = self.clock(), self.dice.choice(["DE", "FR"])
        person = Person("Testa Example", f"testa{self.dice.randrange(15)}@example.org")
        keys = choose_keys(shelved.campaign, ["un"], uuid7(now))
        text = compose(shelved.campaign, Choices(government, keys, "", person), "de")
        way = self.dice.choice([Way.WE_SEND, Way.WE_SEND, Way.PRINT])
        written = WrittenLetter("de", keys, text, "", edited=False, way=way)
        consents = dict.fromkeys(TICKS, False) | {Consent.SEND_LETTER: True}
        submission = Submission(uuid7(now), person, government, "en", "", consents, written)
        self.signed.append(signing.submit(session, self.house.vault, shelved, submission, now))

    def confirm(self, session: Session) -> None:
        recent = self.dice.choice(self.signed[-6:])
        signing.confirm(session, recent, Shown("Count me", "en"), live=False, now=self.clock())

    def withdraw(self, session: Session) -> None:
        own_page.withdraw(session, self.one, self.clock())

    def erase(self, session: Session) -> None:
        own_page.erase(session, self.ledger, self.one, self.clock())

    def invalidate(self, session: Session) -> None:
        invalidate_one(session, self.confirmed(session), CAUSE, self.clock())

    def restore(self, session: Session) -> None:
        out = self.one_of(session, SignatureRow.state == State.INVALIDATED)
        restore_one(session, out, CAUSE, live=False, now=self.clock())

    def hold(self, session: Session) -> None:
        hold_one(session, self.confirmed(session), CAUSE, self.clock())

    def release(self, session: Session) -> None:
        held = self.one_of(session, SignatureRow.held.expression)
        release(session, {held, self.one}, CAUSE, live=False, now=self.clock())

    def by_rule(self, session: Session) -> None:
        now, rule = self.clock(), Rule(government=self.dice.choice(["DE", "FR"]))
        kind = self.dice.choice(list(ChangeKind))
        order = Order(uuid7(now), 1, kind, rule, CAUSE, seen=100)
        self.changes.append(bulk.start(session, self.house.vault, order, now).id)

    def undo(self, session: Session) -> None:
        bulk.undo(session, self.dice.choice(self.changes), CAUSE, self.clock())

    def work(self, session: Session) -> None:
        bulk.work(session, live=False, now=self.clock())

    def sweep(self, session: Session) -> None:
        sweep(session, Pace(live=False), self.clock())


def faults(session: Session) -> list[str]:
    """Return what is not as it has to be."""
    found = [str(one) for one in counts.differences(session)]
    rows = session.scalars(select(SignatureRow)).all()
    counted = sum(is_counted(row.state, held=row.held) for row in rows)
    if counts.total(session, 1) != counted:
        found.append(f"{counts.total(session, 1)} are counted, and {counted} are there")
    for letter in session.scalars(select(LetterRow)):
        row = session.get_one(SignatureRow, letter.id)
        leaving = letter.state is LetterState.QUEUED
        if leaving and not is_counted(row.state, held=row.held):
            found.append(f"a letter is queued, {row.state} and held is {row.held}")
        if letter.waiting_for is WaitingFor.RELEASE and not row.held:
            found.append("a letter waits for the release of what is not held")
    found += [
        f"{row.state} with a change by rule"
        for row in rows
        if row.bulk_change_id and row.state in {State.CONFIRMED, State.PENDING}
    ]
    return found


def test_the_books_are_right_after_a_random_season(
    house: House, clock: Clock, tmp_path: Path
) -> None:
    everybody = Everybody(house, clock, ErasureLedger(tmp_path / "ledger"), seed=20261102)
    for _ in range(STEPS // 8):
        for _ in range(8):
            everybody.step()
        with house.database.reading() as session:
            assert faults(session) == []
    with house.database.reading() as session:
        states = Counter(session.scalars(select(SignatureRow.state)))
    assert sum(states.values()) == len(everybody.signed)
    # Everything has happened, and more than once.
    assert min(everybody.happened.values()) > 1
    assert len(everybody.happened) == 12
    assert set(states) >= {State.CONFIRMED, State.INVALIDATED, State.WITHDRAWN, State.DROPPED}
