"""Events: what happened to a signature, and its effect on the count. Appended, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.signatures.rows.signatures import EventRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.signatures.rules.signature import EventKind


def of_signature(session: Session, signature_id: UUID) -> Sequence[EventRow]:
    return session.scalars(
        select(EventRow).where(EventRow.signature_id == signature_id).order_by(EventRow.id)
    ).all()


def last_at(session: Session, ids: Collection[UUID], kind: EventKind) -> dict[UUID, datetime]:
    """Return when an event of this kind last happened to each of these signatures."""
    statement = (
        select(EventRow.signature_id, func.max(EventRow.at))
        .where(EventRow.signature_id.in_(ids), EventRow.kind == kind)
        .group_by(EventRow.signature_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def append(
    session: Session, row: SignatureRow, kind: EventKind, effect: int, now: datetime
) -> None:
    session.add(
        EventRow(
            signature_id=row.id,
            kind=kind,
            effect=effect,
            day=row.counted_day or now.date(),
            at=now,
        )
    )
