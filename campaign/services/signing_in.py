"""Sign in with password and second step, slowed down and never locked out.

Known and unknown addresses get the same answer after the same work. Tries are counted for
the typed address, apart for browsers that signed in before: a stranger can slow down other
strangers, and not the owner of the account on her own device.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign import totp
from campaign.domain.ids import uuid7
from campaign.domain.log import Action, Entry
from campaign.domain.organiser import RECOVERY_CODES, delay_after
from campaign.services.organisers import token_hash
from campaign.store import log, organiser_sessions, organisers
from campaign.store.rows import OrganiserSessionRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.store.rows import OrganiserRow
    from campaign.store.vault import Vault

MAX_DEVICE = 120
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for another."""

_CODE_LENGTH = 12


@dataclass(frozen=True)
class Account:
    """What a typed address leads to: perhaps nobody. `wait`: until the next try counts."""

    key: bytes
    wait: timedelta
    organiser_id: UUID | None
    password_hash: str | None


@dataclass(frozen=True)
class Browser:
    """What signs in: the account its cookie names from before, and how it calls itself."""

    known_for: UUID | None
    name: str


def look_up(session: Session, vault: Vault, email: str, browser: Browser, now: datetime) -> Account:
    row = organisers.by_email(session, vault.organiser_hash(email))
    known = row is not None and browser.known_for == row.id
    key = vault.tries_key(email, "known" if known else "")
    tries = organiser_sessions.tries(session, key)
    wait = max(tries.not_before - now, timedelta(0)) if tries else timedelta(0)
    if row is None or not row.can_sign_in:
        return Account(key, wait, None, None)
    return Account(key, wait, row.id, row.password_hash)


def finish(
    session: Session,
    vault: Vault,
    account: Account,
    code: str,
    browser: Browser,
    now: datetime,
    *,
    password_fits: bool,
) -> str | None:
    """Return the new session's token, or None for a failed try, which is counted.

    A try that came while another one was to be waited for is not looked at.
    """
    tries = organiser_sessions.lock_tries(session, account.key, now)
    if tries.not_before > now:
        return None
    if password_fits and account.organiser_id is not None:
        row = organisers.lock(session, account.organiser_id)
        if row.can_sign_in and _second_step_fits(session, vault, row, code, now):
            organiser_sessions.forget_tries(session, account.key)
            return begin(session, row, browser, now)
    tries.failures, tries.last_at = min(tries.failures + 1, 1_000), now
    tries.not_before = now + delay_after(tries.failures)
    return None


def begin(session: Session, row: OrganiserRow, browser: Browser, now: datetime) -> str:
    """Return the token of a new session: 256 random bits, kept as a hash."""
    token = secrets.token_urlsafe(32)
    device = _device(browser.name)
    session.add(
        OrganiserSessionRow(
            id=uuid7(now),
            organiser_id=row.id,
            token_hash=token_hash(token),
            device=device,
            signed_in_at=now,
            seen_at=now,
        )
    )
    log.append(session, Entry(row.name, Action.SIGNED_IN, detail=device), now)
    return token


def end(session: Session, row: OrganiserRow, session_id: UUID, now: datetime) -> None:
    """End one session of an organiser's own."""
    organiser_sessions.end(session, row.id, session_id, now)
    log.append(session, Entry(row.name, Action.SIGNED_OUT), now)


def make_recovery_codes(session: Session, row: OrganiserRow, now: datetime) -> list[str]:
    """Return ten codes that each replace the second step once; earlier ones end."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    organisers.set_recovery_codes(session, row.id, [_code_hash(code) for code in codes])
    log.append(session, Entry(row.name, Action.RECOVERY_CODES_MADE, number=len(codes)), now)
    return codes


def _second_step_fits(
    session: Session, vault: Vault, row: OrganiserRow, code: str, now: datetime
) -> bool:
    assert row.totp is not None
    step = totp.step_of(vault.open_totp(row.id, row.totp), code, now)
    if step is not None:
        return organisers.take_step(session, row.id, step)
    if organisers.take_recovery_code(session, row.id, _code_hash(code)):
        left = organisers.recovery_codes_left(session, row.id)
        log.append(session, Entry(row.name, Action.RECOVERY_CODE_USED, number=left), now)
        return True
    return False


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def _code_hash(code: str) -> bytes:
    """Return the hash of a code of 59 random bits, however it was typed."""
    return token_hash("".join(one for one in code.lower() if one in _ALPHABET))


def _device(user_agent: str) -> str:
    """Return how a browser calls itself, short: enough to know one's own."""
    systems = ("iPhone", "iPad", "Android", "Windows", "Mac OS", "CrOS", "Linux")
    browsers = (
        ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
        ("Chrom", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
    )  # fmt: skip
    system = next((one for one in systems if one in user_agent), "another system")
    name = next((shown for mark, shown in browsers if mark in user_agent), "another browser")
    return f"{name} on {system}"[:MAX_DEVICE]
