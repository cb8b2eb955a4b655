"""Sign in with password and second step, throttled but never locked out.

Known and unknown addresses get the same answer after the same work. Failed tries are counted for
the typed address, and separately for each browser that signed in before: a stranger can slow down
other strangers, but not the owner of the account on her own device (OWASP, "Slow Down Online
Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from campaign.errors import InvalidText, SignInThrottled
from campaign.mail.addresses import clean_email
from campaign.organisers import totp
from campaign.organisers.accounts import hash_token
from campaign.organisers.queries import (
    audit_log,
    organisers,
    sessions,
)
from campaign.organisers.rows import OrganiserSessionRow
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import FREE_FAILURES, RECOVERY_CODE_COUNT, throttle_delay
from campaign.organisers.sealing import hash_organiser_email, hash_throttle_key, unseal_totp
from campaign.store.ids import uuid7
from campaign.store.tokens import DeviceCookie

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rows import OrganiserRow, SignInThrottleRow
    from campaign.store.keyring import Keyring

MAX_DEVICE_LABEL = 120
_LOGGED_FAILURES = frozenset({FREE_FAILURES, 10, 30, 100, 300, 1_000})
"""Numbers of failed tries in a row at which the audit log gets an entry."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for one another."""

_CODE_LENGTH = 12


@dataclass(frozen=True)
class SignInAttempt:
    """The account of a typed e-mail address, if there is one.

    `key`: of its throttling. `known`: this browser has signed in to it before.
    """

    key: bytes
    known: bool
    organiser_id: UUID | None
    password_hash: str | None


@dataclass(frozen=True)
class Browser:
    """The browser that signs in: the device named by its cookie, and its user agent."""

    device: DeviceCookie | None
    user_agent: str


def look_up(
    session: Session, keyring: Keyring, email: str, browser: Browser, now: datetime
) -> SignInAttempt:
    """Return the account of a typed e-mail address; raise SignInThrottled if a try has to wait."""
    email = _normalized_email(email)
    row = organisers.by_email(session, hash_organiser_email(keyring, email))
    device = (
        browser.device
        if row is not None and _is_known_device(keyring, row, browser.device)
        else None
    )
    key = hash_throttle_key(keyring, email, device.id.hex if device else "")
    tries = sessions.find_throttle(session, key)
    if tries is not None and tries.not_before > now:
        raise SignInThrottled(max(int((tries.not_before - now).total_seconds()), 1))
    if row is None or not row.can_sign_in:
        return SignInAttempt(key, False, None, None)
    return SignInAttempt(key, device is not None, row.id, row.password_hash)


def complete_sign_in(
    session: Session,
    keyring: Keyring,
    account: SignInAttempt,
    code: str,
    browser: Browser,
    now: datetime,
    *,
    password_fits: bool,
) -> str | None:
    """Return the new session's token, or None for a failed try, which is counted.

    A try that comes before the waiting time is over is ignored.
    """
    tries = sessions.lock_throttle(session, account.key, now)
    if tries.not_before > now:
        return None
    row = organisers.lock(session, account.organiser_id) if account.organiser_id else None
    fits = password_fits and row is not None and row.can_sign_in
    if fits and row is not None and _consume_second_factor(session, keyring, row, code, now):
        tries.failures, tries.not_before = 0, now
        return start_session(session, row, browser, now)
    _count_failure(session, tries, row, now)
    return None


def record_password_check(
    session: Session, account: SignInAttempt, now: datetime, *, fits: bool
) -> bool:
    """Return whether the signed-in organiser typed her password; count a wrong one as a try."""
    tries = sessions.lock_throttle(session, account.key, now)
    if tries.not_before > now:
        return False
    if fits:
        tries.failures, tries.not_before = 0, now
        return True
    row = organisers.lock(session, account.organiser_id) if account.organiser_id else None
    _count_failure(session, tries, row, now)
    return False


def start_session(session: Session, row: OrganiserRow, browser: Browser, now: datetime) -> str:
    """Return the token of a new session: 256 random bits, stored as a hash."""
    token = secrets.token_urlsafe(32)
    device = _device_label(browser.user_agent)
    session.add(
        OrganiserSessionRow(
            id=uuid7(now),
            organiser_id=row.id,
            token_hash=hash_token(token),
            device=device,
            signed_in_at=now,
            seen_at=now,
        )
    )
    audit_log.append(session, AuditEntry(row.name, AuditAction.SIGNED_IN, detail=device), now)
    return token


def new_device(keyring: Keyring, row: OrganiserRow) -> DeviceCookie:
    """Return a cookie that makes this browser known until the password or second step changes."""
    return DeviceCookie(uuid4(), row.id, _credentials_fingerprint(keyring, row))


def end_session(session: Session, row: OrganiserRow, session_id: UUID, now: datetime) -> None:
    """End one of an organiser's own sessions."""
    device = sessions.end(session, row.id, session_id, now)
    if device is not None:
        audit_log.append(session, AuditEntry(row.name, AuditAction.SIGNED_OUT, detail=device), now)


def make_recovery_codes(session: Session, row: OrganiserRow, now: datetime) -> list[str]:
    """Return ten codes that each replace the second step once; earlier ones become invalid."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODE_COUNT)]
    organisers.replace_recovery_codes(session, row.id, [_code_hash(code) for code in codes])
    audit_log.append(
        session, AuditEntry(row.name, AuditAction.RECOVERY_CODES_MADE, number=len(codes)), now
    )
    return codes


def _is_known_device(keyring: Keyring, row: OrganiserRow, device: DeviceCookie | None) -> bool:
    return (
        device is not None
        and device.organiser_id == row.id
        and hmac.compare_digest(device.credentials, _credentials_fingerprint(keyring, row))
    )


def _credentials_fingerprint(keyring: Keyring, row: OrganiserRow) -> bytes:
    """Return a fingerprint of her credentials, unguessable because of the password's salt."""
    secret = unseal_totp(keyring, row.id, row.totp) if row.totp is not None else ""
    return hashlib.sha256(f"{row.password_hash}\0{secret}".encode()).digest()[:16]


def _normalized_email(email: str) -> str:
    """Return an e-mail address as invitations store it, or the text as typed if not valid."""
    try:
        return clean_email(email.strip())
    except InvalidText:
        return email


def _count_failure(
    session: Session, tries: SignInThrottleRow, row: OrganiserRow | None, now: datetime
) -> None:
    """Count a failed try; log only certain numbers of tries, not each of them."""
    tries.failures, tries.last_at = min(tries.failures + 1, 1_000), now
    tries.not_before = now + throttle_delay(tries.failures)
    if tries.failures in _LOGGED_FAILURES:
        about = f"organiser {row.name}" if row is not None else "an unknown address"
        entry = AuditEntry("somebody", AuditAction.SIGN_IN_FAILED, about, number=tries.failures)
        audit_log.append(session, entry, now)


def _consume_second_factor(
    session: Session, keyring: Keyring, row: OrganiserRow, code: str, now: datetime
) -> bool:
    assert row.totp is not None
    step = totp.match_time_step(unseal_totp(keyring, row.id, row.totp), code, now)
    if step is not None:
        return organisers.consume_totp_step(session, row.id, step)
    if organisers.consume_recovery_code(session, row.id, _code_hash(code)):
        left = organisers.count_recovery_codes(session, row.id)
        audit_log.append(
            session, AuditEntry(row.name, AuditAction.RECOVERY_CODE_USED, number=left), now
        )
        return True
    return False


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def _code_hash(code: str) -> bytes:
    """Return the hash of a code of 59 random bits, however it was typed."""
    return hash_token("".join(one for one in code.lower() if one in _ALPHABET))


def _device_label(user_agent: str) -> str:
    """Return a short label of a browser, enough for people to recognise their own."""
    systems = ("iPhone", "iPad", "Android", "Windows", "Mac OS", "CrOS", "Linux")
    browsers = (
        ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
        ("Chrom", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
    )  # fmt: skip
    system = next((one for one in systems if one in user_agent), "unknown system")
    name = next((shown for mark, shown in browsers if mark in user_agent), "unknown browser")
    return f"{name} on {system}"[:MAX_DEVICE_LABEL]
