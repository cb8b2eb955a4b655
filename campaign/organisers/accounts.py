"""Organisers' accounts: invited with a one-time link, made site owners, and ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from campaign.errors import InvalidText, NotFound, PermissionDenied
from campaign.language.names import clean_name
from campaign.mail.addresses import clean_email
from campaign.organisers import totp
from campaign.organisers.passwords import validate_password
from campaign.organisers.queries import (
    audit_log,
    campaign_roles,
    organisers,
    sessions,
)
from campaign.organisers.rows import OrganiserRow
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import INVITATION_LIFETIME, MAX_NAME
from campaign.organisers.sealing import (
    hash_organiser_email,
    seal_organiser_email,
    seal_totp,
    unseal_organiser_email,
    unseal_totp,
)
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.passwords import PasswordService
    from campaign.organisers.rules.roles import CampaignRole
    from campaign.store.keyring import Keyring

DEV_OWNER_NAME, DEV_OWNER_EMAIL = "Example Owner", "owner@example.org"
"""The account that `make run` signs in; obviously nobody's."""


@dataclass(frozen=True)
class Invitation:
    """Who is invited: as a site owner, or with roles in campaigns, by their ids."""

    name: str
    email: str
    site_owner: bool = False
    roles: Mapping[int, CampaignRole] = field(default_factory=dict)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a random 256-bit token; one needs neither salt nor key."""
    return hashlib.sha256(token.encode()).digest()


def invite(
    session: Session, keyring: Keyring, invitation: Invitation, by: str, now: datetime
) -> str:
    """Return the token of a link with which somebody sets a password, once, within a week.

    Inviting an existing address resets that account: its password, second step, recovery codes and
    sessions end. Raise InvalidText if the name or address is not valid, and PermissionDenied if no
    owner would be left.
    """
    name, email = _checked_name(invitation.name), clean_email(invitation.email)
    row = organisers.by_email(session, hash_organiser_email(keyring, email))
    if row is None:
        row = _add(session, keyring, name, email, now)
    elif row.name != name:
        # The audit log identifies people by name, so a name never passes to another account.
        raise InvalidText("name-stays")
    elif not invitation.site_owner:
        _require_another_owner(session, row.id)
    row.site_owner, row.ended_at, row.made_up = invitation.site_owner, None, False
    _clear_credentials(session, row, now)
    for campaign_id, given in invitation.roles.items():
        campaign_roles.put(session, row.id, campaign_id, given)
    token = secrets.token_urlsafe(32)
    row.invite_hash, row.invite_until = hash_token(token), now + INVITATION_LIFETIME
    session.flush()
    as_what = "site owner" if row.site_owner else _listed(invitation.roles)
    audit_log.append(session, AuditEntry(by, AuditAction.INVITED, _about(row), as_what), now)
    return token


def set_site_owner(
    session: Session, organiser_id: UUID, by: str, now: datetime, *, on: bool
) -> None:
    """Make somebody a site owner, or no longer; raise PermissionDenied if none would be left.

    Her roles in campaigns stay as they are.
    """
    if not on:
        _require_another_owner(session, organiser_id)
    row = organisers.lock(session, organiser_id)
    if row.site_owner is on:
        return
    row.site_owner = on
    detail = "made a site owner" if on else "no longer a site owner"
    audit_log.append(session, AuditEntry(by, AuditAction.ROLE_SET, _about(row), detail), now)


def end_access(session: Session, organiser_id: UUID, by: str, now: datetime) -> None:
    """End somebody's access immediately; the name stays in the audit log, roles do not.

    Raise PermissionDenied for the last site owner.
    """
    _require_another_owner(session, organiser_id)
    row = organisers.lock(session, organiser_id)
    if row.ended_at is not None:
        return
    _clear_credentials(session, row, now)
    row.ended_at, row.site_owner = now, False
    campaign_roles.remove_all(session, row.id)
    audit_log.append(session, AuditEntry(by, AuditAction.ACCESS_ENDED, _about(row)), now)


def find_by_invitation_token(session: Session, token: str, now: datetime) -> OrganiserRow:
    """Return the holder of a one-time link; raise InvitationOver if there is none."""
    return organisers.find_by_invitation_hash(session, hash_token(token), now)


def validate_and_hash_password(
    keyring: Keyring,
    passwords: PasswordService,
    row: OrganiserRow,
    typed: str,
    names: Sequence[str],
) -> str:
    """Return a password's hash; raise InvalidText if it is easy to guess.

    `names`: those of the operator and the campaigns, which everybody knows. It is slow on purpose:
    call it outside of any writing transaction.
    """
    validate_password(
        typed, (row.name, unseal_organiser_email(keyring, row.id, row.sealed), *names)
    )
    return passwords.hash(typed)


def set_first_password(
    session: Session, keyring: Keyring, token: str, hashed: str, now: datetime
) -> None:
    """Set the password of the link's holder, and generate a secret for the second step."""
    row = organisers.find_by_invitation_hash(session, hash_token(token), now, lock=True)
    row.password_hash = hashed
    begin_totp_enrolment(row, keyring)


def accept_invitation(
    session: Session, keyring: Keyring, token: str, code: str, now: datetime
) -> OrganiserRow:
    """Consume the link if the first code is right; raise InvalidText if it is wrong."""
    row = organisers.find_by_invitation_hash(session, hash_token(token), now, lock=True)
    _activate_next_totp(row, keyring, code, now)
    row.invite_hash = row.invite_until = None
    audit_log.append(
        session, AuditEntry(row.name, AuditAction.PASSWORD_SET, _about(row), "by invitation"), now
    )
    return row


def change_password(session: Session, row: OrganiserRow, hashed: str, now: datetime) -> None:
    """Change the password; every session ends."""
    row.password_hash = hashed
    sessions.end_all(session, row.id, now)
    audit_log.append(session, AuditEntry(row.name, AuditAction.PASSWORD_SET, _about(row)), now)


def begin_totp_enrolment(row: OrganiserRow, keyring: Keyring) -> None:
    """Generate a secret for another app; the current one works until a code of the new is typed."""
    row.next_totp = seal_totp(keyring, row.id, totp.new_secret())


def confirm_totp_enrolment(
    session: Session, row: OrganiserRow, keyring: Keyring, code: str, now: datetime
) -> None:
    """Activate the new secret if the code is right; every session ends.

    Raise InvalidText for a wrong code, and NotFound if there is no new secret.
    """
    _activate_next_totp(row, keyring, code, now)
    sessions.end_all(session, row.id, now)
    audit_log.append(session, AuditEntry(row.name, AuditAction.SECOND_STEP_SET, _about(row)), now)


def get_or_create_dev_owner(session: Session, keyring: Keyring, now: datetime) -> OrganiserRow:
    """Return the made-up owner, for development: no password opens this account."""
    row = organisers.by_email(session, hash_organiser_email(keyring, DEV_OWNER_EMAIL))
    if row is None:
        row = _add(session, keyring, DEV_OWNER_NAME, DEV_OWNER_EMAIL, now)
        row.site_owner, row.made_up = True, True
    return row


def disable_dev_owner(session: Session, keyring: Keyring, now: datetime) -> None:
    """End the made-up owner's access: production has no made-up owner."""
    row = organisers.by_email(session, hash_organiser_email(keyring, DEV_OWNER_EMAIL))
    if row is not None and row.made_up and row.ended_at is None:
        row.ended_at = now
        sessions.end_all(session, row.id, now)


def _add(session: Session, keyring: Keyring, name: str, email: str, now: datetime) -> OrganiserRow:
    """Add a row; raise InvalidText if the name is taken, also by a concurrent transaction."""
    if organisers.by_name(session, name) is not None:
        raise InvalidText("name-taken")
    row = _new(keyring, name, email, now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise InvalidText("name-taken") from None
    return row


def _new(keyring: Keyring, name: str, email: str, now: datetime) -> OrganiserRow:
    organiser_id = uuid7(now)
    return OrganiserRow(
        id=organiser_id,
        name=name,
        email_hash=hash_organiser_email(keyring, email),
        sealed=seal_organiser_email(keyring, organiser_id, email),
        made_up=False,
        totp_step=0,
        created_at=now,
    )


def _checked_name(text: str) -> str:
    name = clean_name(text)
    if not name:
        raise InvalidText("no-name")
    if len(name) > MAX_NAME:
        raise InvalidText("long-name")
    return name


def _listed(roles: Mapping[int, CampaignRole]) -> str:
    return ", ".join(sorted({given.label for given in roles.values()}))


def _about(row: OrganiserRow) -> str:
    return f"organiser {row.name}"


def _activate_next_totp(row: OrganiserRow, keyring: Keyring, code: str, now: datetime) -> None:
    if row.next_totp is None:
        raise NotFound("second step")
    step = totp.match_time_step(unseal_totp(keyring, row.id, row.next_totp), code, now)
    if step is None:
        raise InvalidText("wrong-code")
    row.totp, row.next_totp, row.totp_step = row.next_totp, None, step


def _clear_credentials(session: Session, row: OrganiserRow, now: datetime) -> None:
    row.password_hash = row.totp = row.next_totp = None
    row.invite_hash = row.invite_until = None
    row.totp_step = 0
    session.flush()
    organisers.replace_recovery_codes(session, row.id, ())
    sessions.end_all(session, row.id, now)


def _require_another_owner(session: Session, organiser_id: UUID) -> None:
    locked = organisers.lock_site_owners(session)
    # Somebody who was invited and never came cannot run anything.
    owners = {row.id for row in locked if row.can_sign_in or row.made_up}
    if owners == {organiser_id}:
        raise PermissionDenied("last-owner")
