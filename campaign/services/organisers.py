"""Who may run campaigns: invited with a one-time link, given a role, sent away."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign import totp
from campaign.content.directory import email_value
from campaign.domain.ids import uuid7
from campaign.domain.log import Action, Entry
from campaign.domain.organiser import INVITE_FOR, MAX_NAME, Role
from campaign.domain.text import clean_name
from campaign.errors import NotAllowed, NotFound, UnacceptableText
from campaign.passwords import must_be_strong
from campaign.store import log, organiser_sessions, organisers
from campaign.store.rows import OrganiserRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.passwords import Passwords
    from campaign.store.vault import Vault

MADE_UP_NAME, MADE_UP_EMAIL = "Example Owner", "owner@example.org"
"""Whom `make run` signs in; visibly nobody."""


@dataclass(frozen=True)
class Invitation:
    name: str
    email: str
    role: Role


def token_hash(token: str) -> bytes:
    """Return under what a secret of 256 random bits is kept: it needs no salt and no key."""
    return hashlib.sha256(token.encode()).digest()


def invite(session: Session, vault: Vault, invitation: Invitation, by: str, now: datetime) -> str:
    """Return the token of a link with which somebody sets a password, once, within a week.

    For an address that is known it begins anew: password, second step, recovery codes and
    sessions end. Raise UnacceptableText for a name or address that cannot be, and
    NotAllowed if no owner would be left.
    """
    name, email = _name(invitation.name), email_value(invitation.email)
    row = organisers.by_email(session, vault.organiser_hash(email))
    namesake = organisers.by_name(session, name)
    if namesake is not None and namesake is not row:
        raise UnacceptableText("name-taken")
    if row is None:
        row = _new(vault, email, now)
        session.add(row)
    elif invitation.role is not Role.OWNER:
        _must_leave_an_owner(session, row.id)
    row.name, row.role, row.ended_at = name, invitation.role, None
    _take_away_credentials(session, row, now)
    token = secrets.token_urlsafe(32)
    row.invite_hash, row.invite_until = token_hash(token), now + INVITE_FOR
    session.flush()
    log.append(session, Entry(by, Action.INVITED, _about(row), row.role.value), now)
    return token


def set_role(session: Session, organiser_id: UUID, role: Role, by: str, now: datetime) -> None:
    """Change what somebody may do; raise NotAllowed if no owner would be left."""
    if role is not Role.OWNER:
        _must_leave_an_owner(session, organiser_id)
    row = organisers.lock(session, organiser_id)
    if row.role is role:
        return
    was, row.role = row.role, role
    log.append(session, Entry(by, Action.ROLE_SET, _about(row), f"{was} to {role}"), now)


def end_access(session: Session, organiser_id: UUID, by: str, now: datetime) -> None:
    """Send somebody away at once; the name stays in the log. NotAllowed for the last owner."""
    _must_leave_an_owner(session, organiser_id)
    row = organisers.lock(session, organiser_id)
    if row.ended_at is not None:
        return
    _take_away_credentials(session, row, now)
    row.ended_at = now
    log.append(session, Entry(by, Action.ACCESS_ENDED, _about(row)), now)


def welcomed(session: Session, token: str, now: datetime) -> OrganiserRow:
    """Return who holds a one-time link, or raise NotFound."""
    return organisers.invited(session, token_hash(token), now)


def set_first_password(
    session: Session, vault: Vault, passwords: Passwords, token: str, password: str, now: datetime
) -> None:
    """Set the password of whoever holds the link, and draw a secret for the second step.

    Raise UnacceptableText for a password that is guessed easily.
    """
    row = organisers.invited(session, token_hash(token), now, lock=True)
    _set_password(row, vault, passwords, password)
    draw_second_step(row, vault)


def finish_welcome(
    session: Session, vault: Vault, token: str, code: str, now: datetime
) -> OrganiserRow:
    """Use the link up when the first code is right; raise UnacceptableText when it is not."""
    row = organisers.invited(session, token_hash(token), now, lock=True)
    take_second_step(row, vault, code, now)
    row.invite_hash = row.invite_until = None
    log.append(session, Entry(row.name, Action.PASSWORD_SET, _about(row), "by invitation"), now)
    return row


def change_password(
    session: Session,
    vault: Vault,
    passwords: Passwords,
    row: OrganiserRow,
    typed: str,
    now: datetime,
) -> None:
    """Set another password; every session ends. Raise UnacceptableText for a weak one."""
    _set_password(row, vault, passwords, typed)
    organiser_sessions.end_all(session, row.id, now)
    log.append(session, Entry(row.name, Action.PASSWORD_SET, _about(row)), now)


def draw_second_step(row: OrganiserRow, vault: Vault) -> None:
    """Draw a secret for another app; the one in use holds until a code of the new is typed."""
    row.next_totp = vault.seal_totp(row.id, totp.new_secret())


def take_second_step(row: OrganiserRow, vault: Vault, code: str, now: datetime) -> None:
    """Use the secret that was drawn, if the code is right; else raise UnacceptableText."""
    if row.next_totp is None:
        raise NotFound("second step")
    step = totp.step_of(vault.open_totp(row.id, row.next_totp), code, now)
    if step is None:
        raise UnacceptableText("wrong-code")
    row.totp, row.next_totp, row.totp_step = row.next_totp, None, step


def made_up_owner(session: Session, vault: Vault, now: datetime) -> OrganiserRow:
    """Return the made-up owner, for development: no password opens this account."""
    row = organisers.by_email(session, vault.organiser_hash(MADE_UP_EMAIL))
    if row is None:
        row = _new(vault, MADE_UP_EMAIL, now)
        row.name, row.role, row.made_up = MADE_UP_NAME, Role.OWNER, True
        session.add(row)
        session.flush()
    return row


def _new(vault: Vault, email: str, now: datetime) -> OrganiserRow:
    organiser_id = uuid7(now)
    return OrganiserRow(
        id=organiser_id,
        email_hash=vault.organiser_hash(email),
        sealed=vault.seal_organiser(organiser_id, email),
        made_up=False,
        totp_step=0,
        created_at=now,
    )


def _name(text: str) -> str:
    name = clean_name(text)
    if not name:
        raise UnacceptableText("no-name")
    if len(name) > MAX_NAME:
        raise UnacceptableText("long-name")
    return name


def _about(row: OrganiserRow) -> str:
    return f"organiser {row.name}"


def _set_password(row: OrganiserRow, vault: Vault, passwords: Passwords, typed: str) -> None:
    must_be_strong(typed, (row.name, vault.open_organiser(row.id, row.sealed)))
    row.password_hash = passwords.hashed(typed)


def _take_away_credentials(session: Session, row: OrganiserRow, now: datetime) -> None:
    row.password_hash = row.totp = row.next_totp = None
    row.invite_hash = row.invite_until = None
    row.totp_step = 0
    session.flush()
    organisers.set_recovery_codes(session, row.id, ())
    organiser_sessions.end_all(session, row.id, now)


def _must_leave_an_owner(session: Session, organiser_id: UUID) -> None:
    owners = {row.id for row in organisers.lock_owners(session)}
    if owners == {organiser_id}:
        raise NotAllowed("last-owner")
