"""A person states that a ministry's address is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from campaign.domain.text import clean_line
from campaign.errors import UnacceptableText
from campaign.store import ministries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.rows import MinistryRow

MAX_BY = 120
MAX_REASON = 1_000


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
    by, reason = clean_line(by), clean_line(reason)
    if len(by) > MAX_BY or len(reason) > MAX_REASON:
        raise UnacceptableText("too-long")
    row = ministries.lock(session, government)
    address = email or row.email
    if not address:
        raise UnacceptableText("no-address")
    if not reason or not by:
        raise UnacceptableText("no-reason")
    checked = _ascii_address(address)
    if checked != row.email:
        row.email, row.email_source = checked, f"{by}: {reason}"
    row.checked_on, row.checked_by, row.check_reason = now.date(), by, reason
    session.flush()
    ministries.settle_waiting(session, live=live, now=now)
    return row


def _ascii_address(address: str) -> str:
    try:
        checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError as error:
        raise UnacceptableText("not-an-address") from error
    return checked.ascii_email or checked.normalized
