"""Inbound messages, each stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select, update

from campaign.delivery.rows import InboundRow
from campaign.delivery.rules.delivery import LETTER_KINDS, InboundKind
from campaign.letters.rows import LetterRow
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


_CLEARED = {"sealed": None, "content": None}
"""For a message whose content is erased: its row stays."""

_UNFILED = (InboundRow.kind == InboundKind.UNFILED, InboundRow.sealed.is_not(None))


def add_once(
    session: Session, inbound_id: UUID, sha256: bytes, kind: InboundKind, now: datetime
) -> InboundRow | None:
    """Store a message; return None if the same message was stored before."""
    statement = (
        dialect_insert(session, InboundRow)
        .values(id=inbound_id, sha256=sha256, kind=kind, received_at=now)
        .on_conflict_do_nothing(index_elements=[InboundRow.sha256])
        .returning(InboundRow)
    )
    return session.scalars(statement).first()


def find(session: Session, inbound_id: UUID) -> InboundRow | None:
    return session.get(InboundRow, inbound_id)


def forwarded_by(session: Session, mail_id: UUID) -> InboundRow | None:
    """Return the answer that a mail forwards."""
    return session.scalar(select(InboundRow).where(InboundRow.mail_id == mail_id))


def filed_under_letter(session: Session, letter_id: UUID) -> Sequence[InboundRow]:
    """Return what is filed under a letter, including what a person said is no answer."""
    return session.scalars(
        select(InboundRow)
        .where(InboundRow.letter_id == letter_id, InboundRow.kind.in_(LETTER_KINDS))
        .order_by(InboundRow.received_at, InboundRow.id)
    ).all()


def count_answers(session: Session, letter_id: UUID) -> int:
    statement = select(func.count()).where(
        InboundRow.letter_id == letter_id, InboundRow.kind.in_(LETTER_KINDS)
    )
    return session.scalar(statement) or 0


def count_doubtful(session: Session, campaign_id: int) -> int:
    """Return how many messages to a campaign's letters a person still has to decide about."""
    statement = (
        select(func.count())
        .select_from(InboundRow)
        .join(LetterRow, LetterRow.id == InboundRow.letter_id)
        .where(needs_review_condition(), LetterRow.campaign_id == campaign_id)
    )
    return session.scalar(statement) or 0


def needs_review_condition() -> ColumnElement[bool]:
    """Return the condition that a person can still decide whether a message is an answer."""
    return and_(InboundRow.kind == InboundKind.DOUBTFUL, InboundRow.content.is_not(None))


def can_be_filed(row: InboundRow) -> bool:
    """Return whether a person can still file a message, or file it elsewhere."""
    filed_by_hand = row.kind is InboundKind.ANSWER and row.letter_id is None
    return row.sealed is not None and (row.kind is InboundKind.UNFILED or filed_by_hand)


def count_unfiled(session: Session) -> int:
    return session.scalar(select(func.count()).where(*_UNFILED)) or 0


def unfiled(session: Session, most: int, before: UUID | None = None) -> Sequence[InboundRow]:
    """Return messages that fit no letter and that nobody has filed, newest first."""
    return _newest(session, _UNFILED, most, before)


def count_of_campaign(session: Session, campaign_id: int) -> int:
    return session.scalar(select(func.count()).where(*_of_campaign(campaign_id))) or 0


def of_campaign(
    session: Session, campaign_id: int, most: int, before: UUID | None = None
) -> Sequence[InboundRow]:
    """Return what a person filed under a campaign or one of its digests, newest first."""
    return _newest(session, _of_campaign(campaign_id), most, before)


def of_digest(session: Session, digest_id: UUID) -> Sequence[InboundRow]:
    """Return what a person filed under a digest."""
    return session.scalars(
        select(InboundRow)
        .where(InboundRow.digest_id == digest_id, InboundRow.campaign_id.is_not(None))
        .order_by(InboundRow.received_at, InboundRow.id)
    ).all()


def _newest(
    session: Session, which: Iterable[ColumnElement[bool]], most: int, before: UUID | None
) -> Sequence[InboundRow]:
    statement = select(InboundRow).where(*which)
    if before is not None:
        # Ids are in chronological order.
        statement = statement.where(InboundRow.id < before)
    return session.scalars(statement.order_by(InboundRow.id.desc()).limit(most)).all()


def _of_campaign(campaign_id: int) -> list[ColumnElement[bool]]:
    return [InboundRow.campaign_id == campaign_id, InboundRow.sealed.is_not(None)]


def lock_next_without_content(session: Session, after: UUID | None) -> InboundRow | None:
    """Return the next stored message that has no displayed content yet, locked."""
    statement = select(InboundRow).where(
        InboundRow.kind.in_((*LETTER_KINDS, InboundKind.UNFILED)),
        InboundRow.sealed.is_not(None),
        InboundRow.content.is_(None),
    )
    if after is not None:
        statement = statement.where(InboundRow.id > after)
    return session.scalar(statement.order_by(InboundRow.id).limit(1).with_for_update())


def latest(session: Session, most: int) -> Sequence[InboundRow]:
    """Return answers and messages that fit no letter, newest first."""
    return session.scalars(
        select(InboundRow)
        .where(InboundRow.sealed.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
        .limit(most)
    ).all()


def newest_test_mail(session: Session) -> InboundRow | None:
    """Return the test mail that came back last: no other automatic message has content to show."""
    return session.scalar(
        select(InboundRow)
        .where(InboundRow.kind == InboundKind.AUTO_REPLY, InboundRow.content.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
        .limit(1)
    )


def clear_unfiled(session: Session, moment: datetime) -> None:
    """Erase the content of messages that came in before that time and fit no letter."""
    session.execute(
        update(InboundRow)
        .where(*_UNFILED, InboundRow.letter_id.is_(None), InboundRow.received_at < moment)
        .values(_CLEARED)
    )


def clear_of_campaign(session: Session, campaign_id: int) -> None:
    """Erase the content of what was filed under a campaign or one of its digests."""
    of_it = update(InboundRow).where(InboundRow.campaign_id == campaign_id)
    session.execute(of_it.values(_CLEARED))


def clear_of_letter(session: Session, letter_id: UUID) -> None:
    """Erase the content of answers to a letter; their rows stay."""
    session.execute(update(InboundRow).where(InboundRow.letter_id == letter_id).values(_CLEARED))
