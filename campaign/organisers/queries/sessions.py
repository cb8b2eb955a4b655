"""Queries on signed-in browsers, failed tries, and forms that were acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from campaign.organisers.rows import (
    OrganiserRow,
    OrganiserSessionRow,
    SentFormRow,
    SignInThrottleRow,
)
from campaign.organisers.rules.roles import (
    IDLE_TIMEOUT,
    SEEN_UPDATE_INTERVAL,
    SESSION_LIFETIME,
    THROTTLE_RETENTION,
)
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def is_active(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session has neither been ended nor expired."""
    return (
        OrganiserSessionRow.ended_at.is_(None)
        & (OrganiserSessionRow.seen_at > now - IDLE_TIMEOUT)
        & (OrganiserSessionRow.signed_in_at > now - SESSION_LIFETIME)
    )


def find_by_token(
    session: Session, token_hash: bytes, now: datetime
) -> tuple[OrganiserSessionRow, OrganiserRow] | None:
    """Return the active session of a cookie and its organiser."""
    found = session.execute(
        select(OrganiserSessionRow, OrganiserRow)
        .join(OrganiserRow, OrganiserRow.id == OrganiserSessionRow.organiser_id)
        .where(
            OrganiserSessionRow.token_hash == token_hash,
            OrganiserRow.ended_at.is_(None),
            is_active(now),
        )
    ).first()
    return (found[0], found[1]) if found else None


def list_active(
    session: Session, organiser_id: UUID, now: datetime
) -> Sequence[OrganiserSessionRow]:
    """Return an organiser's active sessions, most recently used first."""
    return session.scalars(
        select(OrganiserSessionRow)
        .where(OrganiserSessionRow.organiser_id == organiser_id, is_active(now))
        .order_by(OrganiserSessionRow.seen_at.desc(), OrganiserSessionRow.id)
    ).all()


def touch(session: Session, session_id: UUID, now: datetime) -> None:
    """Record that a session is in use, at most once a minute."""
    session.execute(
        update(OrganiserSessionRow)
        .where(
            OrganiserSessionRow.id == session_id,
            OrganiserSessionRow.seen_at <= now - SEEN_UPDATE_INTERVAL,
        )
        .values(seen_at=now)
    )


def end(session: Session, organiser_id: UUID, session_id: UUID, now: datetime) -> str | None:
    """End one of an organiser's own sessions; return its browser, or None if there was none."""
    return session.scalar(
        update(OrganiserSessionRow)
        .where(
            OrganiserSessionRow.id == session_id,
            OrganiserSessionRow.organiser_id == organiser_id,
            OrganiserSessionRow.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(OrganiserSessionRow.device)
    )


def end_all(session: Session, organiser_id: UUID, now: datetime) -> None:
    session.execute(
        update(OrganiserSessionRow)
        .where(
            OrganiserSessionRow.organiser_id == organiser_id,
            OrganiserSessionRow.ended_at.is_(None),
        )
        .values(ended_at=now)
    )


def find_throttle(session: Session, key: bytes) -> SignInThrottleRow | None:
    return session.get(SignInThrottleRow, key)


def lock_throttle(session: Session, key: bytes, now: datetime) -> SignInThrottleRow:
    """Return the failed tries of an e-mail address and device, locked; create them at 0."""
    statement = dialect_insert(session, SignInThrottleRow).values(
        key=key, failures=0, not_before=now, last_at=now
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=[SignInThrottleRow.key]))
    locked = select(SignInThrottleRow).where(SignInThrottleRow.key == key).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def mark_form_sent(session: Session, form_id: UUID, now: datetime) -> bool:
    """Record that a form was acted on; return False if it had been before."""
    statement = dialect_insert(session, SentFormRow).values(id=form_id, at=now)
    noted = statement.on_conflict_do_nothing(index_elements=[SentFormRow.id])
    return session.scalar(noted.returning(SentFormRow.id)) is not None


def delete_expired(session: Session, now: datetime) -> None:
    """Delete old failed tries, old used forms and expired sessions."""
    day_ago = now - THROTTLE_RETENTION
    session.execute(delete(SignInThrottleRow).where(SignInThrottleRow.last_at < day_ago))
    session.execute(delete(SentFormRow).where(SentFormRow.at < day_ago))
    session.execute(delete(OrganiserSessionRow).where(OrganiserSessionRow.signed_in_at < day_ago))
