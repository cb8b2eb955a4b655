"""Queries that keep a restored database from continuing what it had begun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import insert, literal, null, select, update

from campaign.delivery.queries.transitions import move_all
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import DeliveryPolicy, OutgoingEvent, OutgoingState
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod
from campaign.organisers.queries import organisers, sessions
from campaign.signatures.rows import ConsentRow, EventRow, SignatureRow, SuppressedAddressRow
from campaign.signatures.rules.signature import EventKind, HoldReason, SignatureState
from campaign.store.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import CursorResult
    from sqlalchemy.orm import Session

    from campaign.delivery.queries.attempts import Actor

RESTORE_MARKER = "restore"
"""Name and code in the log of attempts for an attempt that nobody made."""

_UNSENT_STATES = (LetterState.QUEUED, LetterState.CLAIMED, LetterState.WAITING)
_UNSENT_LETTERS = (LetterRow.send_method == SendMethod.WE_SEND, LetterRow.state.in_(_UNSENT_STATES))


def identities_with_unsent_letters(session: Session) -> Iterator[tuple[bytes, int, str]]:
    """Yield the identity, campaign and recipient of each letter that had not been sent."""
    whose = (
        select(SignatureRow.identity_hash, LetterRow.campaign_id, LetterRow.recipient)
        .join(LetterRow, LetterRow.signature_id == SignatureRow.id)
        .where(*_UNSENT_LETTERS, SignatureRow.identity_hash.is_not(None))
    )
    for identity, campaign_id, recipient in session.execute(whose):
        assert identity is not None
        yield identity, campaign_id, recipient


def withdrawn_subjects(session: Session) -> Iterator[str]:
    """Yield what the database knows people took back, in the ledger's form, newest first."""
    ends = EventRow.kind.in_((EventKind.WITHDRAWN, EventKind.ERASED))
    ended = select(EventRow.signature_id).where(ends).order_by(EventRow.id.desc())
    yield from map(str, session.scalars(ended))
    unsaid = select(ConsentRow.signature_id, ConsentRow.purpose).where(~ConsentRow.given)
    for signature_id, purpose in session.execute(unsaid.order_by(ConsentRow.id.desc())):
        yield f"{signature_id} {purpose}"
    stopped = select(SuppressedAddressRow.identity_hash).order_by(SuppressedAddressRow.at.desc())
    for identity in session.scalars(stopped):
        yield identity.hex()


def mark_letters_uncertain(session: Session, holder: Actor, now: datetime) -> int:
    """Mark unsent letters as uncertain, as they may have been sent since; return how many."""
    seen = select(
        LetterRow.id,
        literal(Outcome.UNKNOWN.value),
        literal(holder.transport),
        literal(holder.live),
        literal(holder.reaches_recipient),
        literal(holder.name),
        literal(RESTORE_MARKER),
        literal(""),
        literal(now, UtcDateTime),
    ).where(*_UNSENT_LETTERS)
    columns = [
        *("letter_id", "outcome", "transport", "live", "reaches_recipient", "worker"),
        *("code", "reply", "at"),
    ]
    session.execute(insert(AttemptRow).from_select(columns, seen))
    at_most_once = OutgoingRow.policy == DeliveryPolicy.AT_MOST_ONCE
    move_all(session, OutgoingEvent.LOSE, (OutgoingState.CLAIMED,), now, at_most_once)
    changed = session.execute(
        update(LetterRow)
        .where(*_UNSENT_LETTERS)
        .values(
            state=LetterState.UNCERTAIN,
            waiting_for=null(),
            changed_at=now,
        )
    )
    return cast("CursorResult[Any]", changed).rowcount


def hold_pending_signatures(session: Session) -> int:
    """Hold pending signatures, as they may have been confirmed since; return how many."""
    changed = session.execute(
        update(SignatureRow)
        .where(SignatureRow.state == SignatureState.PENDING, ~SignatureRow.held)
        .values(held=True, held_for=HoldReason.RESTORED)
    )
    return cast("CursorResult[Any]", changed).rowcount


def end_all_sessions(session: Session, now: datetime) -> list[tuple[UUID, bytes]]:
    """End every session, including those ended since then; return the organisers with access."""
    rows = organisers.list_all(session)
    for row in rows:
        sessions.end_all(session, row.id, now)
    return [(row.id, row.sealed) for row in rows if row.ended_at is None]
