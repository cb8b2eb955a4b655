"""Events: what happened to a signature, and its effect on the count. Appended, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.signatures.rows import EventRow
from campaign.signatures.rules.signature import EventKind, SignatureState, transition

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.signatures.rows import SignatureRow
    from campaign.signatures.rules.signature import SignatureEvent

_COUNTED_FROM = {EventKind.CONFIRMED, EventKind.RELEASED}
"""Events from whose day on a confirmed signature counts."""


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


def apply(session: Session, row: SignatureRow, event: SignatureEvent, now: datetime) -> int:
    """Change a signature as an event does, and record that; return its effect on the count.

    Everything that a signature ever was goes through here (but for `signing`'s single statement,
    which has its values from the same table). Raise NoLongerPossible if it cannot happen.
    """
    changed = transition(row.state, event, held=row.held)
    row.state, row.held = changed.state, changed.held
    if event in _COUNTED_FROM and row.state is SignatureState.CONFIRMED:
        row.counted_day = now.date()
    if isinstance(event, EventKind):
        session.add(
            EventRow(
                signature_id=row.id,
                kind=event,
                effect=changed.effect,
                day=row.counted_day or now.date(),
                at=now,
            )
        )
    return changed.effect
