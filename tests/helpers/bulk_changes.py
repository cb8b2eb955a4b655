"""Changes by rule, for tests: asked for, started, worked off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.letters.rows import LetterRow
from campaign.moderation import bulk_batches, bulk_changes
from campaign.moderation.bulk_batches import BATCH_SIZE
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ChangeKind
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures.queries import counts
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container

CAUSE = Justification("Ada Example", "made by a script")
SCRIPT = SignatureCriteria(domain="script.example")
MANY = 2 * BATCH_SIZE + 50


def make_order(
    container: Container, rule: SignatureCriteria = SCRIPT, kind: ChangeKind = ChangeKind.INVALIDATE
) -> BulkChangeRequest:
    """Look, and fill in the form."""
    now = container.clock()
    with container.database.reading() as session:
        seen = bulk_changes.preview(session, container.keyring, 1, kind, rule, now).count
    return BulkChangeRequest(uuid7(now), 1, kind, rule, CAUSE, seen)


def start_change(container: Container, order: BulkChangeRequest) -> UUID:
    with container.database.writing() as session:
        return bulk_changes.start(session, container.keyring, order, container.clock()).id


def run_batch(container: Container) -> bool:
    live = container.settings.live
    with container.database.writing() as session:
        return bulk_batches.process_next_batch(
            session, container.keyring, live=live, now=container.clock()
        )


def finish(container: Container) -> None:
    while run_batch(container):
        pass


def act_on_change(container: Container, what: str, change_id: UUID) -> None:
    with container.database.writing() as session:
        getattr(bulk_changes, what)(session, change_id, CAUSE, container.clock())


def load_change(container: Container, change_id: UUID) -> BulkChangeRow:
    with container.database.reading() as session:
        row = session.get_one(BulkChangeRow, change_id)
        session.expunge(row)
        return row


def checked_total(container: Container) -> int:
    """Return the count, after checking it against the events."""
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []
        return counts.total(session, 1)


def letters(container: Container, state: str) -> int:
    with container.database.reading() as session:
        statement = select(func.count()).where(LetterRow.state == state)
        return session.execute(statement).scalar_one()
