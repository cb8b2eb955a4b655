"""A person states that a ministry's e-mail or postal address is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from campaign.domain.text import clean_line
from campaign.errors import UnacceptableText
from campaign.store import ministries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.rows import MinistryRow

MAX_BY = 120
MAX_REASON = 1_000


MAX_POSTAL_LINE = 60
MAX_POSTAL_LINES = 6
"""So many lines does the window of an envelope show, with the ministry's name above."""


def verify(
    session: Session,
    government: str,
    email: str,
    by: str,
    reason: str,
    *,
    live: bool,
    now: datetime,
) -> MinistryRow:
    """Note that a person checked where letters go, and let waiting letters go on.

    `email` may be empty to confirm the address that is known. Raise NotFound for an
    unknown government and UnacceptableText when there is no usable address or reason.
    """
    by, reason = evidence(by, reason)
    row = ministries.lock(session, government)
    address = email or row.email
    if not address:
        raise UnacceptableText("no-address")
    checked = _ascii_address(address)
    if checked != row.email:
        row.email, row.email_source = checked, f"{by}: {reason}"
    row.checked_on, row.checked_by, row.check_reason = now.date(), by, reason
    session.flush()
    ministries.settle_waiting(session, live=live, now=now)
    return row


def verify_postal(
    session: Session,
    government: str,
    lines: Sequence[str],
    by: str,
    reason: str,
    *,
    now: datetime,
) -> MinistryRow:
    """Note that a person checked a postal address; no lines confirm the known one.

    Raise NotFound for an unknown government and UnacceptableText as for an e-mail address.
    """
    by, reason = evidence(by, reason)
    row = ministries.lock(session, government)
    given = [line for line in map(clean_line, lines) if line]
    if len(given) > MAX_POSTAL_LINES or any(len(line) > MAX_POSTAL_LINE for line in given):
        raise UnacceptableText("too-many-lines")
    postal = "\n".join(given) or row.postal
    if not postal:
        raise UnacceptableText("no-address")
    if postal != row.postal:
        row.postal, row.postal_source = postal, f"{by}: {reason}"
    row.postal_checked_on, row.postal_checked_by = now.date(), by
    row.postal_check_reason = reason
    session.flush()
    return row


def evidence(
    by: str, reason: str, most_by: int = MAX_BY, most_reason: int = MAX_REASON
) -> tuple[str, str]:
    """Return who checked or decided and why, as it is kept; raise UnacceptableText."""
    by, reason = clean_line(by), clean_line(reason)
    if len(by) > most_by or len(reason) > most_reason:
        raise UnacceptableText("too-long")
    if not reason or not by:
        raise UnacceptableText("no-reason")
    return by, reason


def _ascii_address(address: str) -> str:
    try:
        checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError as error:
        raise UnacceptableText("not-an-address") from error
    return checked.ascii_email or checked.normalized
