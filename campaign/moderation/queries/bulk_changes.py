"""Changes of many signatures: kept, claimed, and the next signatures that they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from campaign.errors import NotFound
from campaign.moderation.rows import BulkChangeRow
from campaign.moderation.rules import ACTIVE_STATES, ChangeKind, ChangeState
from campaign.signatures.queries.search import SignatureQuery
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def add(session: Session, values: dict[str, Any]) -> BulkChangeRow | None:
    """Store a change that is to run, or return None if its id is taken."""
    statement = (
        dialect_insert(session, BulkChangeRow)
        .values(state=ChangeState.RUNNING, done=0, undone=0, skipped=0, **values)
        .on_conflict_do_nothing(index_elements=[BulkChangeRow.id])
        .returning(BulkChangeRow)
    )
    return session.scalars(statement).first()


def find(session: Session, change_id: UUID) -> BulkChangeRow | None:
    return session.get(BulkChangeRow, change_id)


def get_one(session: Session, change_id: UUID) -> BulkChangeRow:
    """Return a change, or raise NotFound."""
    row = find(session, change_id)
    if row is None:
        raise NotFound(str(change_id))
    return row


def lock(session: Session, change_id: UUID) -> BulkChangeRow:
    """Return a change that no worker is at work on at this moment, or raise NotFound."""
    row = session.get(BulkChangeRow, change_id, with_for_update=True)
    if row is None:
        raise NotFound(str(change_id))
    return row


def has_active(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(BulkChangeRow.state.in_(ACTIVE_STATES)))))


def lock_next(session: Session) -> BulkChangeRow | None:
    """Return the change that waits longest and that no other worker has in hand."""
    return session.scalar(
        select(BulkChangeRow)
        .where(BulkChangeRow.state.in_(ACTIVE_STATES))
        .order_by(BulkChangeRow.asked_at, BulkChangeRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def listing(session: Session, campaign_id: int, limit: int) -> Sequence[BulkChangeRow]:
    """Return a campaign's changes, the newest first."""
    return session.scalars(
        select(BulkChangeRow)
        .where(BulkChangeRow.campaign_id == campaign_id)
        .order_by(BulkChangeRow.asked_at.desc(), BulkChangeRow.id.desc())
        .limit(limit)
    ).all()


def narrow_to_kind(kind: ChangeKind, wanted: SignatureQuery, asked_at: datetime) -> SignatureQuery:
    """Narrow what a rule says to the states that a change is about, as of when it was asked for.

    What was pending then and is confirmed before its turn is still released, and not dropped.
    """
    if kind is ChangeKind.INVALIDATE:
        return replace(wanted, states=(SignatureState.CONFIRMED,), confirmed_not_after=asked_at)
    states = (
        (SignatureState.PENDING, SignatureState.CONFIRMED)
        if kind is ChangeKind.RELEASE
        else (SignatureState.PENDING,)
    )
    return replace(wanted, states=states, created_not_after=asked_at)


def next_ids(session: Session, row: BulkChangeRow, limit: int) -> Sequence[UUID]:
    """Return the next signatures that the change is about, in the order of their ids."""
    statement = select(SignatureRow.id).where(*_query_of(row).conditions)
    return _next(session, statement, row, limit)


def lock_still_matching(
    session: Session, row: BulkChangeRow, ids: Collection[UUID]
) -> Sequence[SignatureRow]:
    """Lock those that the change is still about, in the order of their ids."""
    return session.scalars(
        select(SignatureRow)
        .where(SignatureRow.id.in_(ids), *_query_of(row).conditions)
        .order_by(SignatureRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def next_invalidated_ids(session: Session, row: BulkChangeRow, limit: int) -> Sequence[UUID]:
    """Return the next signatures that the change took out and that are out still."""
    statement = select(SignatureRow.id).where(
        SignatureRow.bulk_change_id == row.id, SignatureRow.state == SignatureState.INVALIDATED
    )
    return _next(session, statement, row, limit)


def list_still_invalidated(session: Session, change_id: UUID, limit: int) -> Sequence[SignatureRow]:
    """Return signatures that a change took out and that are out still, by their ids."""
    return session.scalars(
        select(SignatureRow)
        .where(
            SignatureRow.bulk_change_id == change_id,
            SignatureRow.state == SignatureState.INVALIDATED,
        )
        .order_by(SignatureRow.id)
        .limit(limit)
    ).all()


def _next(session: Session, statement: Any, row: BulkChangeRow, limit: int) -> Sequence[UUID]:
    if row.last_id is not None:
        statement = statement.where(SignatureRow.id > row.last_id)
    ids: Sequence[UUID] = session.scalars(statement.order_by(SignatureRow.id).limit(limit)).all()
    return ids


def _query_of(row: BulkChangeRow) -> SignatureQuery:
    wanted = SignatureQuery(
        campaign_id=row.campaign_id,
        held_only=row.held_only,
        held_for=row.held_for,
        government=row.government,
        source=row.source,
        created_from=row.created_from,
        created_until=row.created_until,
        domain_hash=row.domain_hash,
    )
    return narrow_to_kind(row.kind, wanted, row.asked_at)
