"""Signed-in browsers, tries that failed, and forms that were acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from campaign.organisers.rows.organisers import (
    OrganiserRow,
    OrganiserSessionRow,
    SentFormRow,
    SignInTryRow,
)
from campaign.organisers.rules.roles import (
    IDLE_FOR,
    SEEN_EVERY,
    SIGNED_IN_FOR,
    TRIES_FORGOTTEN_AFTER,
)
from campaign.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def alive(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a session has neither ended nor run out."""
    return (
        OrganiserSessionRow.ended_at.is_(None)
        & (OrganiserSessionRow.seen_at > now - IDLE_FOR)
        & (OrganiserSessionRow.signed_in_at > now - SIGNED_IN_FOR)
    )


def of_token(
    session: Session, token_hash: bytes, now: datetime
) -> tuple[OrganiserSessionRow, OrganiserRow] | None:
    """Return the live session of a cookie and whose it is."""
    found = session.execute(
        select(OrganiserSessionRow, OrganiserRow)
        .join(OrganiserRow, OrganiserRow.id == OrganiserSessionRow.organiser_id)
        .where(
            OrganiserSessionRow.token_hash == token_hash,
            OrganiserRow.ended_at.is_(None),
            alive(now),
        )
    ).first()
    return (found[0], found[1]) if found else None


def of_organiser(
    session: Session, organiser_id: UUID, now: datetime
) -> Sequence[OrganiserSessionRow]:
    """Return the live sessions of one organiser, the one used last first."""
    return session.scalars(
        select(OrganiserSessionRow)
        .where(OrganiserSessionRow.organiser_id == organiser_id, alive(now))
        .order_by(OrganiserSessionRow.seen_at.desc(), OrganiserSessionRow.id)
    ).all()


def touch(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that a session is in use, at most once a minute."""
    session.execute(
        update(OrganiserSessionRow)
        .where(
            OrganiserSessionRow.id == session_id,
            OrganiserSessionRow.seen_at <= now - SEEN_EVERY,
        )
        .values(seen_at=now)
    )


def end(session: Session, organiser_id: UUID, session_id: UUID, now: datetime) -> str | None:
    """End one of an organiser's own sessions; return its browser, None if there was none."""
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


def tries(session: Session, key: bytes) -> SignInTryRow | None:
    return session.get(SignInTryRow, key)


def lock_tries(session: Session, key: bytes, now: datetime) -> SignInTryRow:
    """Return the counter of an address and device, locked; a new one begins at none."""
    statement = insert_into(session, SignInTryRow).values(
        key=key, failures=0, not_before=now, last_at=now
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=[SignInTryRow.key]))
    locked = select(SignInTryRow).where(SignInTryRow.key == key).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def note_form(session: Session, form_id: UUID, now: datetime) -> bool:
    """Note that a form is acted on; False if it was acted on before."""
    statement = insert_into(session, SentFormRow).values(id=form_id, at=now)
    noted = statement.on_conflict_do_nothing(index_elements=[SentFormRow.id])
    return session.scalar(noted.returning(SentFormRow.id)) is not None


def forget_old(session: Session, now: datetime) -> None:
    """Delete what no longer says anything: old tries, forms and sessions that are over."""
    day_ago = now - TRIES_FORGOTTEN_AFTER
    session.execute(delete(SignInTryRow).where(SignInTryRow.last_at < day_ago))
    session.execute(delete(SentFormRow).where(SentFormRow.at < day_ago))
    session.execute(delete(OrganiserSessionRow).where(OrganiserSessionRow.signed_in_at < day_ago))
