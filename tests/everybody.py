"""Supporters and organisers who do anything that can be done, in any order."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.campaigns.letter_text import Choices, choose_keys, compose
from campaign.campaigns.rules.consents import TICKS, Consent
from campaign.delivery.queries.claiming import Pace
from campaign.errors import CampaignError
from campaign.letters.rules.letter import Way, WrittenLetter
from campaign.moderation import bulk
from campaign.moderation.bulk import Order
from campaign.moderation.hold import hold_one, release
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rules.audit_log import Cause
from campaign.signatures.rows.signatures import SignatureRow
from campaign.signatures.rules.selection import Rule
from campaign.signatures.rules.signature import HeldFor, Person, State
from campaign.signing import private_page as own_page, submit as signing
from campaign.signing.submit import Shown, Submission
from campaign.store.ids import uuid7
from tests.conftest import SLUG
from tests.sweeping_for_tests import sweep

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.container import House
    from campaign.privacy.ledger import Ledger
    from tests.clock import Clock

CAUSE = Cause("Ada Example", "a look at the books")


class Everybody:
    """Does one thing after another, each in a transaction, whether it is possible or not."""

    def __init__(self, house: House, clock: Clock, ledger: Ledger, seed: int) -> None:
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
            + ["withdraw", "erase", "hold", "release", "sweep"] + ["by_rule", "undo", "work"] * 2
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
        text = compose(shelved.campaign, Choices(government, keys, "", person.signature), "de")
        way = self.dice.choice([Way.WE_SEND, Way.WE_SEND, Way.PRINT])
        written = WrittenLetter("de", keys, text, "", edited=False, way=way)
        consents = dict.fromkeys(TICKS, False) | {Consent.SEND_LETTER: True}
        held_for = self.dice.choice([None, None, HeldFor.FLOOD])
        submission = Submission(
            uuid7(now),
            person,
            government,
            "en",
            "",
            consents,
            written,
            held_for,
            self.dice.random() > 0.1,
        )
        self.signed.append(signing.submit(session, self.house.keyring, shelved, submission, now))

    def confirm(self, session: Session) -> None:
        recent = self.dice.choice(self.signed[-6:])
        campaign, now = self.house.shelf.by_slug(session, SLUG).campaign_id, self.clock()
        wanted = self.house.keyring, campaign, recent, Shown("Count me", "en")
        signing.confirm(session, *wanted, live=False, now=now)

    def withdraw(self, session: Session) -> None:
        own_page.withdraw(session, self.ledger, self.one, self.clock())

    def erase(self, session: Session) -> None:
        own_page.erase(session, self.ledger, self.one, live=False, now=self.clock())

    def invalidate(self, session: Session) -> None:
        invalidate_one(session, self.confirmed(session), CAUSE, self.clock())

    def restore(self, session: Session) -> None:
        out = self.one_of(session, SignatureRow.state == State.INVALIDATED)
        restore_one(session, self.house.keyring, out, CAUSE, live=False, now=self.clock())

    def hold(self, session: Session) -> None:
        hold_one(session, self.confirmed(session), CAUSE, self.clock())

    def release(self, session: Session) -> None:
        held = self.one_of(session, SignatureRow.held.expression)
        release(session, self.house.keyring, {held, self.one}, CAUSE, live=False, now=self.clock())

    def by_rule(self, session: Session) -> None:
        now, rule = self.clock(), Rule(government=self.dice.choice(["DE", "FR"]))
        kind = self.dice.choice(list(ChangeKind))
        order = Order(uuid7(now), 1, kind, rule, CAUSE, seen=100)
        self.changes.append(bulk.start(session, self.house.keyring, order, now).id)

    def undo(self, session: Session) -> None:
        bulk.undo(session, self.dice.choice(self.changes), CAUSE, self.clock())

    def work(self, session: Session) -> None:
        bulk.work(session, self.house.keyring, live=False, now=self.clock())

    def sweep(self, session: Session) -> None:
        sweep(session, self.house.keyring, Pace(live=False), self.clock())
