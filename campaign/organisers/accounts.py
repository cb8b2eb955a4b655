"""Who may run campaigns: invited with a one-time link, given a role, sent away."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from campaign.errors import NotAllowed, NotFound, UnacceptableText
from campaign.language.names import clean_name
from campaign.mail.addresses import email_value
from campaign.organisers import totp
from campaign.organisers.passwords import must_be_strong
from campaign.organisers.queries import (
    audit_log as log,
    organisers,
    sessions as organiser_sessions,
)
from campaign.organisers.rows.organisers import OrganiserRow
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.organisers.rules.roles import INVITE_FOR, MAX_NAME, Role
from campaign.organisers.sealing import (
    hash_organiser,
    open_organiser,
    open_totp,
    seal_organiser,
    seal_totp,
)
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.passwords import Passwords
    from campaign.store.keyring import Keyring

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


def invite(
    session: Session, keyring: Keyring, invitation: Invitation, by: str, now: datetime
) -> str:
    """Return the token of a link with which somebody sets a password, once, within a week.

    For an address that is known it begins anew: password, second step, recovery codes and
    sessions end. Raise UnacceptableText for a name or address that cannot be, and
    NotAllowed if no owner would be left.
    """
    name, email = _name(invitation.name), email_value(invitation.email)
    row = organisers.by_email(session, hash_organiser(keyring, email))
    if row is None:
        row = _add(session, keyring, name, email, now)
    elif row.name != name:
        # The log knows people by their names: one never becomes another.
        raise UnacceptableText("name-stays")
    elif invitation.role is not Role.OWNER:
        _must_leave_an_owner(session, row.id)
    row.role, row.ended_at, row.made_up = invitation.role, None, False
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


def strong_hash(
    keyring: Keyring, passwords: Passwords, row: OrganiserRow, typed: str, names: Sequence[str]
) -> str:
    """Return a password as it is kept; raise UnacceptableText for one that is guessed easily.

    `names`: of the operator and the campaigns, which everybody knows. It takes long on
    purpose: to be called outside of any transaction that writes.
    """
    must_be_strong(typed, (row.name, open_organiser(keyring, row.id, row.sealed), *names))
    return passwords.hashed(typed)


def set_first_password(
    session: Session, keyring: Keyring, token: str, hashed: str, now: datetime
) -> None:
    """Set the password of whoever holds the link, and draw a secret for the second step."""
    row = organisers.invited(session, token_hash(token), now, lock=True)
    row.password_hash = hashed
    draw_second_step(row, keyring)


def finish_welcome(
    session: Session, keyring: Keyring, token: str, code: str, now: datetime
) -> OrganiserRow:
    """Use the link up when the first code is right; raise UnacceptableText when it is not."""
    row = organisers.invited(session, token_hash(token), now, lock=True)
    _use_next_secret(row, keyring, code, now)
    row.invite_hash = row.invite_until = None
    log.append(session, Entry(row.name, Action.PASSWORD_SET, _about(row), "by invitation"), now)
    return row


def change_password(session: Session, row: OrganiserRow, hashed: str, now: datetime) -> None:
    """Set another password; every session ends."""
    row.password_hash = hashed
    organiser_sessions.end_all(session, row.id, now)
    log.append(session, Entry(row.name, Action.PASSWORD_SET, _about(row)), now)


def draw_second_step(row: OrganiserRow, keyring: Keyring) -> None:
    """Draw a secret for another app; the one in use holds until a code of the new is typed."""
    row.next_totp = seal_totp(keyring, row.id, totp.new_secret())


def take_second_step(
    session: Session, row: OrganiserRow, keyring: Keyring, code: str, now: datetime
) -> None:
    """Use the secret that was drawn, if the code is right; every session ends.

    Raise UnacceptableText for a wrong code, and NotFound if none was drawn.
    """
    _use_next_secret(row, keyring, code, now)
    organiser_sessions.end_all(session, row.id, now)
    log.append(session, Entry(row.name, Action.SECOND_STEP_SET, _about(row)), now)


def made_up_owner(session: Session, keyring: Keyring, now: datetime) -> OrganiserRow:
    """Return the made-up owner, for development: no password opens this account."""
    row = organisers.by_email(session, hash_organiser(keyring, MADE_UP_EMAIL))
    if row is None:
        row = _add(session, keyring, MADE_UP_NAME, MADE_UP_EMAIL, now)
        row.role, row.made_up = Role.OWNER, True
    return row


def send_made_up_away(session: Session, keyring: Keyring, now: datetime) -> None:
    """End the made-up owner's access: in production nobody is made up."""
    row = organisers.by_email(session, hash_organiser(keyring, MADE_UP_EMAIL))
    if row is not None and row.made_up and row.ended_at is None:
        row.ended_at = now
        organiser_sessions.end_all(session, row.id, now)


def _add(session: Session, keyring: Keyring, name: str, email: str, now: datetime) -> OrganiserRow:
    """Add a row; of two at one moment, and of two with one name, the second is refused."""
    if organisers.by_name(session, name) is not None:
        raise UnacceptableText("name-taken")
    row = _new(keyring, name, email, now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise UnacceptableText("name-taken") from None
    return row


def _new(keyring: Keyring, name: str, email: str, now: datetime) -> OrganiserRow:
    organiser_id = uuid7(now)
    return OrganiserRow(
        id=organiser_id,
        name=name,
        role=Role.VIEWER,
        email_hash=hash_organiser(keyring, email),
        sealed=seal_organiser(keyring, organiser_id, email),
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


def _use_next_secret(row: OrganiserRow, keyring: Keyring, code: str, now: datetime) -> None:
    if row.next_totp is None:
        raise NotFound("second step")
    step = totp.step_of(open_totp(keyring, row.id, row.next_totp), code, now)
    if step is None:
        raise UnacceptableText("wrong-code")
    row.totp, row.next_totp, row.totp_step = row.next_totp, None, step


def _take_away_credentials(session: Session, row: OrganiserRow, now: datetime) -> None:
    row.password_hash = row.totp = row.next_totp = None
    row.invite_hash = row.invite_until = None
    row.totp_step = 0
    session.flush()
    organisers.set_recovery_codes(session, row.id, ())
    organiser_sessions.end_all(session, row.id, now)


def _must_leave_an_owner(session: Session, organiser_id: UUID) -> None:
    locked = organisers.lock_owners(session)
    # Who was invited and never came can run nothing.
    owners = {row.id for row in locked if row.can_sign_in or row.made_up}
    if owners == {organiser_id}:
        raise NotAllowed("last-owner")
