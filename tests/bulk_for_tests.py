"""Changes by rule, for tests: asked for, started, worked off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.letters.rows import LetterRow
from campaign.moderation import bulk
from campaign.moderation.bulk import BATCH, Order
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rules.audit_log import Cause
from campaign.signatures.queries import counts
from campaign.signatures.rules.selection import Rule
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import House

CAUSE = Cause("Ada Example", "made by a script")
SCRIPT = Rule(domain="script.example")
MANY = 2 * BATCH + 50


def asked(house: House, rule: Rule = SCRIPT, kind: ChangeKind = ChangeKind.INVALIDATE) -> Order:
    """Look, and fill in the form."""
    now = house.clock()
    with house.database.reading() as session:
        seen = bulk.preview(session, house.keyring, 1, kind, rule, now).count
    return Order(uuid7(now), 1, kind, rule, CAUSE, seen)


def started(house: House, order: Order) -> UUID:
    with house.database.writing() as session:
        return bulk.start(session, house.keyring, order, house.clock()).id


def batch(house: House) -> bool:
    live = house.settings.live
    with house.database.writing() as session:
        return bulk.work(session, house.keyring, live=live, now=house.clock())


def finish(house: House) -> None:
    while batch(house):
        pass


def say(house: House, what: str, change_id: UUID) -> None:
    with house.database.writing() as session:
        getattr(bulk, what)(session, change_id, CAUSE, house.clock())


def change(house: House, change_id: UUID) -> BulkChangeRow:
    with house.database.reading() as session:
        row = session.get_one(BulkChangeRow, change_id)
        session.expunge(row)
        return row


def total(house: House) -> int:
    """Return the count, after checking it against the events."""
    with house.database.reading() as session:
        assert counts.differences(session) == []
        return counts.total(session, 1)


def letters(house: House, state: str) -> int:
    with house.database.reading() as session:
        statement = select(func.count()).where(LetterRow.state == state)
        return session.execute(statement).scalar_one()
