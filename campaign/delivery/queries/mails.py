"""Mails to supporters, to organisers, and to ministries about their preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from sqlalchemy import and_, exists, func, null, or_, select, update

from campaign.delivery.rows import AttemptRow, MailRow
from campaign.delivery.rules.delivery import CODE_KINDS, VISITOR_KINDS, MailState
from campaign.store.ids import uuid7
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.rules.delivery import MailKind
    from campaign.signatures.rows.signatures import SignatureRow

_UNCLAIMED = (MailState.QUEUED, MailState.WAITING)

ORGANISERS_LANGUAGE = "en"
"""The language of the command line, and so of mails to organisers."""


def enqueue(
    session: Session,
    signature: SignatureRow,
    kind: MailKind,
    language: str,
    now: datetime,
    *,
    state: MailState = MailState.QUEUED,
) -> UUID:
    """Queue a mail and return its id; one that may not be sent is stored as dropped."""
    row = MailRow(
        id=uuid7(now),
        signature_id=signature.id,
        kind=kind,
        language=language,
        state=state,
        queued_at=now,
        due_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def enqueue_for_visitor(
    session: Session,
    signature: SignatureRow,
    kind: MailKind,
    language: str,
    now: datetime,
    *,
    state: MailState,
) -> None:
    """Queue a mail that the visitor with this submission asked for.

    One that may not be sent is stored as waiting, or as dropped in place of the last dropped one:
    the same statement each time, and a single row however often it is asked for.
    """
    dropped = state is MailState.DROPPED
    values = {
        "signature_id": signature.id,
        "kind": kind,
        "language": language,
        "state": state,
        "held_with": signature.id if signature.held else None,
        "queued_at": now,
        "due_at": now,
        "changed_at": now,
    }
    statement = dialect_insert(session, MailRow).values(
        id=uuid5(signature.id, "refused") if dropped else uuid7(now), failures=0, **values
    )
    session.execute(statement.on_conflict_do_update(index_elements=[MailRow.id], set_=values))


def enqueue_notification(
    session: Session,
    kind: MailKind,
    government: str | None,
    now: datetime,
    language: str = ORGANISERS_LANGUAGE,
) -> None:
    """Queue a mail to the organisers, or to the ministry that it is about."""
    session.add(
        MailRow(
            id=uuid7(now),
            government=government,
            kind=kind,
            language=language,
            state=MailState.QUEUED,
            queued_at=now,
            due_at=now,
            changed_at=now,
        )
    )


def find(session: Session, mail_id: UUID) -> MailRow | None:
    return session.get(MailRow, mail_id)


def oldest_due_at(session: Session, now: datetime) -> datetime | None:
    """Return since when the longest-waiting mail has been due; news and held mails may wait."""
    return session.scalar(
        select(func.min(MailRow.due_at)).where(
            MailRow.state == MailState.QUEUED,
            MailRow.held_with.is_(None),
            MailRow.due_at <= now,
            MailRow.news_id.is_(None),
        )
    )


def oldest_untried_confirmation_at(session: Session) -> datetime | None:
    """Return since when the longest-waiting confirmation has waited for its first attempt.

    One that a server has deferred is not included: that server's delay is not ours. Nor is that of
    a held submission, which waits for its turn.
    """
    # One query each: each of the two states has an index of its own, and both together have none.
    found = [
        session.scalar(
            select(func.min(MailRow.queued_at)).where(
                MailRow.state == state,
                MailRow.held_with.is_(None),
                MailRow.kind.in_(CODE_KINDS),
                MailRow.first_tried_at.is_(None),
            )
        )
        for state in (MailState.QUEUED, MailState.CLAIMED)
    ]
    return min(filter(None, found), default=None)


def queued_since(
    session: Session, kind: MailKind, moment: datetime, government: str | None = None
) -> bool:
    """Return whether a mail of this kind was queued since then, about this ministry or none."""
    wanted = exists().where(
        MailRow.kind == kind,
        MailRow.queued_at > moment,
        MailRow.government.is_not_distinct_from(government),
    )
    return bool(session.scalar(select(wanted)))


def exists_for(session: Session, signature_id: UUID, kind: MailKind) -> bool:
    """Return whether there is, or was, a mail of this kind about a signature."""
    wanted = exists().where(MailRow.signature_id == signature_id, MailRow.kind == kind)
    return bool(session.scalar(select(wanted)))


def newest_with_valid_code(
    session: Session, signature_id: UUID, accepted_after: datetime
) -> MailRow | None:
    """Return the newest mail whose six-digit code may still be entered."""
    return session.scalar(
        select(MailRow)
        .where(
            MailRow.signature_id == signature_id,
            MailRow.kind.in_(CODE_KINDS),
            MailRow.accepted_at > accepted_after,
        )
        .order_by(MailRow.accepted_at.desc(), MailRow.id.desc())
        .limit(1)
    )


def of_signature(session: Session, signature_id: UUID) -> Sequence[MailRow]:
    return session.scalars(
        select(MailRow).where(MailRow.signature_id == signature_id).order_by(MailRow.queued_at)
    ).all()


def undelivered(session: Session) -> Sequence[MailRow]:
    """Return mails that were not delivered: refused, dropped, waiting, or failed for now."""
    return session.scalars(
        select(MailRow)
        .where(
            or_(
                MailRow.state.in_([MailState.REFUSED, MailState.DROPPED, MailState.WAITING]),
                and_(MailRow.state == MailState.QUEUED, MailRow.failures > 0),
            )
        )
        .order_by(MailRow.changed_at.desc())
        .limit(200)
    ).all()


def last_reply(session: Session, mail_id: UUID) -> str:
    return (
        session.scalar(
            select(AttemptRow.reply)
            .where(AttemptRow.mail_id == mail_id)
            .order_by(AttemptRow.id.desc())
            .limit(1)
        )
        or ""
    )


def drop_queued(session: Session, signature_id: UUID, now: datetime) -> None:
    """Drop unclaimed mails about a signature, or caused by it."""
    hers = or_(MailRow.signature_id == signature_id, MailRow.held_with == signature_id)
    session.execute(
        update(MailRow)
        .where(hers, MailRow.state.in_(_UNCLAIMED))
        .values(state=MailState.DROPPED, changed_at=now)
    )


def waits_for_release(session: Session, signature_id: UUID) -> bool:
    """Return whether a mail waits for the release of the submission that caused it."""
    waiting = exists().where(MailRow.held_with == signature_id, MailRow.state == MailState.WAITING)
    return bool(session.scalar(select(waiting)))


def mark_held(session: Session, signature_id: UUID) -> None:
    """Make the mails that visitors caused about a signature leave after those of all others."""
    session.execute(
        update(MailRow)
        .where(
            MailRow.signature_id == signature_id,
            MailRow.state == MailState.QUEUED,
            MailRow.kind.in_(VISITOR_KINDS),
        )
        .values(held_with=signature_id)
    )


def lock_held_with(session: Session, ids: Collection[UUID]) -> Sequence[MailRow]:
    """Return unclaimed mails that held submissions caused, oldest first, locked."""
    return session.scalars(
        select(MailRow)
        .where(MailRow.held_with.in_(ids), MailRow.state.in_(_UNCLAIMED))
        .order_by(MailRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def drop_claimed(session: Session, signature_id: UUID, now: datetime) -> None:
    """Drop mails that a worker had claimed, if no worker is running that could report on them."""
    session.execute(
        update(MailRow)
        .where(MailRow.signature_id == signature_id, MailRow.state == MailState.CLAIMED)
        .values(state=MailState.DROPPED, changed_at=now, lease_until=null(), lease_holder=null())
    )
