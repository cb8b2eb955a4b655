"""Supporters and organisers who do anything that can be done, in any order."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.delivery.queries.claiming import SitePace
from campaign.errors import CampaignError
from campaign.letters.rules.letter import LetterDraft, SendMethod
from campaign.moderation import bulk_batches, bulk_changes
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.hold import hold_one, release
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rules.audit_log import Justification
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.signatures.rules.signature import HoldReason, Person, SignatureState
from campaign.signing import confirm, private_page, submit as signing
from campaign.signing.confirm import ConsentText
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7
from tests.conftest import SLUG
from tests.helpers.housekeeping import sweep

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.privacy.ledger import Ledger
    from tests.clock import Clock

CAUSE = Justification("Ada Example", "a look at the books")


class RandomActors:
    """Does one thing after another, each in a transaction, whether it is possible or not."""

    def __init__(self, container: Container, clock: Clock, ledger: Ledger, seed: int) -> None:
        self.container = container
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
        with suppress(CampaignError, IndexError), self.container.database.writing() as session:
            getattr(self, name)(session)
            self.happened[name] += 1

    @property
    def one(self) -> UUID:
        return self.dice.choice(self.signed)

    def one_of(self, session: Session, condition: ColumnElement[bool]) -> UUID:
        fitting = set(session.scalars(select(SignatureRow.id).where(condition)))
        return self.dice.choice([one for one in self.signed if one in fitting])

    def confirmed(self, session: Session) -> UUID:
        return self.one_of(session, SignatureRow.state == SignatureState.CONFIRMED)

    def submit(self, session: Session) -> None:
        loaded = self.container.campaign_cache.by_slug(session, SLUG)
        now, government = self.clock(), self.dice.choice(["DE", "FR"])
        person = Person("Testa Example", f"testa{self.dice.randrange(15)}@example.org")
        keys = pick_variants(loaded.campaign, ["un"], uuid7(now))
        text = compose_letter(
            loaded.campaign, LetterChoices(government, keys, "", person.signature_block), "de"
        )
        way = self.dice.choice([SendMethod.WE_SEND, SendMethod.WE_SEND, SendMethod.PRINT])
        written = LetterDraft(
            recipient_key(government), "de", keys, text, "", edited=False, send_method=way
        )
        consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SEND_LETTER: True}
        held_for = self.dice.choice([None, None, HoldReason.RATE_LIMIT])
        submission = Submission(
            uuid7(now),
            person,
            government,
            "en",
            "",
            consents,
            [written],
            held_for,
            self.dice.random() > 0.1,
        )
        self.signed.append(
            signing.submit_by_steps(session, self.container.keyring, loaded, submission, now)
        )

    def confirm(self, session: Session) -> None:
        recent = self.dice.choice(self.signed[-6:])
        campaign, now = (
            self.container.campaign_cache.by_slug(session, SLUG).campaign_id,
            self.clock(),
        )
        wanted = self.container.keyring, campaign, recent, ConsentText("Count me", "en")
        confirm.confirm_by_steps(session, *wanted, live=False, now=now)

    def withdraw(self, session: Session) -> None:
        private_page.withdraw(session, self.ledger, self.one, self.clock())

    def erase(self, session: Session) -> None:
        private_page.delete_submissions(
            session, self.ledger, self.one, live=False, now=self.clock()
        )

    def invalidate(self, session: Session) -> None:
        invalidate_one(session, self.confirmed(session), CAUSE, self.clock())

    def restore(self, session: Session) -> None:
        out = self.one_of(session, SignatureRow.state == SignatureState.INVALIDATED)
        restore_one(session, self.container.keyring, out, CAUSE, live=False, now=self.clock())

    def hold(self, session: Session) -> None:
        hold_one(session, self.confirmed(session), CAUSE, self.clock())

    def release(self, session: Session) -> None:
        held = self.one_of(session, SignatureRow.held.expression)
        release(
            session, self.container.keyring, {held, self.one}, CAUSE, live=False, now=self.clock()
        )

    def by_rule(self, session: Session) -> None:
        now, rule = self.clock(), SignatureCriteria(government=self.dice.choice(["DE", "FR"]))
        kind = self.dice.choice(list(ChangeKind))
        order = BulkChangeRequest(uuid7(now), 1, kind, rule, CAUSE, previewed_count=100)
        self.changes.append(bulk_changes.start(session, self.container.keyring, order, now).id)

    def undo(self, session: Session) -> None:
        bulk_changes.undo(session, self.dice.choice(self.changes), CAUSE, self.clock())

    def work(self, session: Session) -> None:
        bulk_batches.process_next_batch(
            session, self.container.keyring, live=False, now=self.clock()
        )

    def sweep(self, session: Session) -> None:
        sweep(session, self.container.keyring, SitePace(live=False), self.clock())
