"""Messages that came in, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from campaign.domain.delivery import InboundKind
from campaign.store.rows import InboundRow
from campaign.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


_NOTHING = {"sealed": None, "shown": None}
"""Of a message that is forgotten: that there was one stays."""


def note(
    session: Session, inbound_id: UUID, sha256: bytes, kind: InboundKind, now: datetime
) -> InboundRow | None:
    """Note a message, or return None if this very message was noted before."""
    statement = (
        insert_into(session, InboundRow)
        .values(id=inbound_id, sha256=sha256, kind=kind, received_at=now)
        .on_conflict_do_nothing(index_elements=[InboundRow.sha256])
        .returning(InboundRow)
    )
    return session.scalars(statement).first()


def find(session: Session, inbound_id: UUID) -> InboundRow | None:
    return session.get(InboundRow, inbound_id)


def passed_on_by(session: Session, mail_id: UUID) -> InboundRow | None:
    """Return the answer that a mail passes on."""
    return session.scalar(select(InboundRow).where(InboundRow.mail_id == mail_id))


def answers_to(session: Session, letter_id: UUID) -> Sequence[InboundRow]:
    return session.scalars(
        select(InboundRow)
        .where(InboundRow.letter_id == letter_id, InboundRow.kind == InboundKind.ANSWER)
        .order_by(InboundRow.received_at, InboundRow.id)
    ).all()


def count_answers(session: Session, letter_id: UUID) -> int:
    statement = select(func.count()).where(
        InboundRow.letter_id == letter_id, InboundRow.kind == InboundKind.ANSWER
    )
    return session.scalar(statement) or 0


def next_unread(session: Session, after: UUID | None) -> InboundRow | None:
    """Return the next answer that is kept and of which nothing is there to be shown, locked."""
    statement = select(InboundRow).where(
        InboundRow.kind == InboundKind.ANSWER,
        InboundRow.sealed.is_not(None),
        InboundRow.shown.is_(None),
    )
    if after is not None:
        statement = statement.where(InboundRow.id > after)
    return session.scalar(statement.order_by(InboundRow.id).limit(1).with_for_update())


def kept(session: Session, most: int) -> Sequence[InboundRow]:
    """Return answers and what fits no letter, the newest first."""
    return session.scalars(
        select(InboundRow)
        .where(InboundRow.sealed.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
        .limit(most)
    ).all()


def forget_unfiled(session: Session, moment: datetime) -> None:
    """Forget what came in before that moment and fits no letter."""
    session.execute(
        update(InboundRow)
        .where(
            InboundRow.letter_id.is_(None),
            InboundRow.sealed.is_not(None),
            InboundRow.received_at < moment,
        )
        .values(_NOTHING)
    )


def forget(session: Session, letter_id: UUID) -> None:
    """Forget what answers to a letter say; that there were some stays."""
    session.execute(update(InboundRow).where(InboundRow.letter_id == letter_id).values(_NOTHING))
