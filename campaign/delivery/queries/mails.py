"""Mails to supporters, to organisers, and to recipients about their preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from sqlalchemy import and_, exists, func, or_, select, update

from campaign.delivery.queries.transitions import move_all
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.outgoing import (
    CODE_KINDS,
    VISITOR_KINDS,
    DeliveryPolicy,
    OutgoingEvent,
    OutgoingState,
)
from campaign.store.ids import uuid7
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.rules.outgoing import OutgoingKind
    from campaign.letters.rows import LetterRow
    from campaign.signatures.rows import SignatureRow

UNCLAIMED = (OutgoingState.QUEUED, OutgoingState.WAITING)
"""States of mails that no worker has in hand."""

_UNDELIVERED = (
    OutgoingState.BOUNCED,
    OutgoingState.REFUSED,
    OutgoingState.DROPPED,
    OutgoingState.WAITING,
)

ORGANISERS_LANGUAGE = "en"
"""The language of the command line, and so of mails to organisers."""


def enqueue(
    session: Session,
    signature: SignatureRow,
    kind: OutgoingKind,
    language: str,
    now: datetime,
    *,
    letter_id: UUID | None = None,
    state: OutgoingState = OutgoingState.QUEUED,
) -> UUID:
    """Queue a mail and return its id; one that may not be sent is stored as dropped.

    `letter_id`: the letter that it is about, if it is about one.
    """
    row = OutgoingRow(
        id=uuid7(now),
        signature_id=signature.id,
        letter_id=letter_id,
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
    kind: OutgoingKind,
    language: str,
    now: datetime,
    *,
    state: OutgoingState,
) -> None:
    """Queue a mail that the visitor with this submission asked for.

    One that may not be sent is stored as waiting, or as dropped in place of the last dropped one:
    the same statement each time, and a single row however often it is asked for.
    """
    dropped = state is OutgoingState.DROPPED
    values = {
        "signature_id": signature.id,
        "kind": kind,
        "policy": DeliveryPolicy.AT_LEAST_ONCE,
        "language": language,
        "state": state,
        "held_signature_id": signature.id if signature.held else None,
        "queued_at": now,
        "due_at": now,
        "changed_at": now,
    }
    statement = dialect_insert(session, OutgoingRow).values(
        id=uuid5(signature.id, "refused") if dropped else uuid7(now), failures=0, **values
    )
    session.execute(statement.on_conflict_do_update(index_elements=[OutgoingRow.id], set_=values))


def enqueue_notification(
    session: Session,
    kind: OutgoingKind,
    recipient: str | None,
    now: datetime,
    language: str = ORGANISERS_LANGUAGE,
    *,
    organiser_id: UUID | None = None,
) -> UUID:
    """Queue a mail to the organisers, or to the recipient that it is about; return its id.

    `organiser_id`: the one of them that it is for, if it is not for all.
    """
    mail_id = uuid7(now)
    session.add(
        OutgoingRow(
            id=mail_id,
            recipient=recipient,
            organiser_id=organiser_id,
            kind=kind,
            language=language,
            state=OutgoingState.QUEUED,
            queued_at=now,
            due_at=now,
            changed_at=now,
        )
    )
    return mail_id


def find(session: Session, mail_id: UUID) -> OutgoingRow | None:
    return session.get(OutgoingRow, mail_id)


def oldest_due_at(session: Session, now: datetime) -> datetime | None:
    """Return since when the longest-waiting mail has been due; news and held mails may wait."""
    return session.scalar(
        select(func.min(OutgoingRow.due_at)).where(
            OutgoingRow.state == OutgoingState.QUEUED,
            OutgoingRow.held_signature_id.is_(None),
            OutgoingRow.due_at <= now,
            OutgoingRow.news_id.is_(None),
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
            select(func.min(OutgoingRow.queued_at)).where(
                OutgoingRow.state == state,
                OutgoingRow.held_signature_id.is_(None),
                OutgoingRow.kind.in_(CODE_KINDS),
                OutgoingRow.first_tried_at.is_(None),
            )
        )
        for state in (OutgoingState.QUEUED, OutgoingState.CLAIMED)
    ]
    return min(filter(None, found), default=None)


def queued_since(
    session: Session, kind: OutgoingKind, moment: datetime, recipient: str | None = None
) -> bool:
    """Return whether a mail of this kind was queued since then, about this recipient or none."""
    wanted = exists().where(
        OutgoingRow.kind == kind,
        OutgoingRow.queued_at > moment,
        OutgoingRow.recipient.is_not_distinct_from(recipient),
    )
    return bool(session.scalar(select(wanted)))


def exists_for_letter(session: Session, letter: LetterRow, kind: OutgoingKind) -> bool:
    """Return whether there is, or was, a mail of this kind about a letter."""
    about = or_(OutgoingRow.letter_id == letter.id, OutgoingRow.letter_id.is_(None))
    wanted = exists().where(
        OutgoingRow.signature_id == letter.signature_id, OutgoingRow.kind == kind, about
    )
    return bool(session.scalar(select(wanted)))


def newest_with_valid_code(
    session: Session, signature_id: UUID, accepted_after: datetime
) -> OutgoingRow | None:
    """Return the newest mail whose six-digit code may still be entered."""
    return session.scalar(
        select(OutgoingRow)
        .where(
            OutgoingRow.signature_id == signature_id,
            OutgoingRow.kind.in_(CODE_KINDS),
            OutgoingRow.accepted_at > accepted_after,
        )
        .order_by(OutgoingRow.accepted_at.desc(), OutgoingRow.id.desc())
        .limit(1)
    )


def of_signature(session: Session, signature_id: UUID) -> Sequence[OutgoingRow]:
    return session.scalars(
        select(OutgoingRow)
        .where(OutgoingRow.signature_id == signature_id)
        .order_by(OutgoingRow.queued_at)
    ).all()


def undelivered(session: Session) -> Sequence[OutgoingRow]:
    """Return mails that were not delivered: they came back, were refused, dropped, or wait."""
    failed_for_now = and_(OutgoingRow.state == OutgoingState.QUEUED, OutgoingRow.failures > 0)
    return session.scalars(
        select(OutgoingRow)
        .where(
            OutgoingRow.policy == DeliveryPolicy.AT_LEAST_ONCE,
            or_(OutgoingRow.state.in_(_UNDELIVERED), failed_for_now),
        )
        .order_by(OutgoingRow.changed_at.desc())
        .limit(200)
    ).all()


def last_reply(session: Session, mail_id: UUID) -> str:
    return (
        session.scalar(
            select(AttemptRow.reply)
            .where(AttemptRow.outgoing_id == mail_id)
            .order_by(AttemptRow.id.desc())
            .limit(1)
        )
        or ""
    )


def drop_queued(session: Session, signature_id: UUID, now: datetime) -> None:
    """Drop unclaimed mails about a signature, or caused by it."""
    hers = or_(
        OutgoingRow.signature_id == signature_id, OutgoingRow.held_signature_id == signature_id
    )
    move_all(session, OutgoingEvent.DROP, UNCLAIMED, now, hers)


def waits_for_release(session: Session, signature_id: UUID) -> bool:
    """Return whether a mail waits for the release of the submission that caused it."""
    waiting = exists().where(
        OutgoingRow.held_signature_id == signature_id, OutgoingRow.state == OutgoingState.WAITING
    )
    return bool(session.scalar(select(waiting)))


def mark_held(session: Session, signature_id: UUID) -> None:
    """Make the mails that visitors caused about a signature leave after those of all others."""
    session.execute(
        update(OutgoingRow)
        .where(
            OutgoingRow.signature_id == signature_id,
            OutgoingRow.state == OutgoingState.QUEUED,
            OutgoingRow.kind.in_(VISITOR_KINDS),
        )
        .values(held_signature_id=signature_id)
    )


def lock_of_held(session: Session, ids: Collection[UUID]) -> Sequence[OutgoingRow]:
    """Return unclaimed mails that held submissions caused, oldest first, locked."""
    return session.scalars(
        select(OutgoingRow)
        .where(OutgoingRow.held_signature_id.in_(ids), OutgoingRow.state.in_(UNCLAIMED))
        .order_by(OutgoingRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def drop_claimed(session: Session, signature_id: UUID, now: datetime) -> None:
    """Drop mails that a worker had claimed, if no worker is running that could report on them."""
    hers = OutgoingRow.signature_id == signature_id
    move_all(session, OutgoingEvent.DROP, (OutgoingState.CLAIMED,), now, hers)
