"""Queries on organisers' accounts and on recovery codes for a lost second step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from campaign.errors import InvitationOver, NotFound
from campaign.organisers.rows import OrganiserRow, RecoveryCodeRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def list_all(session: Session) -> Sequence[OrganiserRow]:
    return session.scalars(select(OrganiserRow).order_by(OrganiserRow.name)).all()


def find(session: Session, organiser_id: UUID) -> OrganiserRow | None:
    return session.get(OrganiserRow, organiser_id)


def lock(session: Session, organiser_id: UUID) -> OrganiserRow:
    row = session.get(OrganiserRow, organiser_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(str(organiser_id))
    return row


def can_come_in(session: Session, organiser_id: UUID) -> bool:
    """Return whether somebody can sign in, as she is or as the made-up owner of development."""
    row = session.get(OrganiserRow, organiser_id)
    return row is not None and (row.can_sign_in or row.made_up)


def by_email(session: Session, email_hash: bytes) -> OrganiserRow | None:
    return session.scalar(select(OrganiserRow).where(OrganiserRow.email_hash == email_hash))


def by_name(session: Session, name: str) -> OrganiserRow | None:
    wanted = func.lower(OrganiserRow.name) == name.lower()
    return session.scalars(select(OrganiserRow).where(wanted)).first()


def find_by_invitation_hash(
    session: Session, invite_hash: bytes, now: datetime, *, lock: bool = False
) -> OrganiserRow:
    """Return the organiser who may use a one-time link; raise InvitationOver if there is none."""
    wanted = select(OrganiserRow).where(
        OrganiserRow.invite_hash == invite_hash,
        OrganiserRow.invite_until > now,
        OrganiserRow.ended_at.is_(None),
    )
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise InvitationOver("invitation")
    return row


def lock_site_owners(session: Session) -> Sequence[OrganiserRow]:
    """Return the active site owners, locked: two must not end each other's access at once."""
    return session.scalars(
        select(OrganiserRow)
        .where(OrganiserRow.site_owner, OrganiserRow.ended_at.is_(None))
        .order_by(OrganiserRow.id)
        .with_for_update()
    ).all()


def consume_totp_step(session: Session, organiser_id: UUID, step: int) -> bool:
    """Consume a code's time step; return False if it or a later one was consumed before."""
    taken = (
        update(OrganiserRow)
        .where(OrganiserRow.id == organiser_id, OrganiserRow.totp_step < step)
        .values(totp_step=step)
        .returning(OrganiserRow.id)
    )
    return session.scalar(taken) is not None


def consume_recovery_code(session: Session, organiser_id: UUID, code_hash: bytes) -> bool:
    """Consume a recovery code; return False if there is no such code."""
    gone = (
        delete(RecoveryCodeRow)
        .where(RecoveryCodeRow.organiser_id == organiser_id, RecoveryCodeRow.hash == code_hash)
        .returning(RecoveryCodeRow.hash)
    )
    return session.scalar(gone) is not None


def replace_recovery_codes(session: Session, organiser_id: UUID, hashes: Iterable[bytes]) -> None:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.organiser_id == organiser_id))
    session.add_all(RecoveryCodeRow(organiser_id=organiser_id, hash=one) for one in hashes)
    session.flush()


def count_recovery_codes(session: Session, organiser_id: UUID) -> int:
    counted = select(func.count()).where(RecoveryCodeRow.organiser_id == organiser_id)
    return session.scalar(counted) or 0
