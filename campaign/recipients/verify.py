"""Verification: a person states that a recipient's e-mail or postal address is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import InvalidText
from campaign.language.formats import is_language
from campaign.language.text import normalise_name
from campaign.mail.addresses import clean_email
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry, clean_by_and_reason
from campaign.recipients.directory_entries import clean_postal_address
from campaign.recipients.queries import addresses, recipients
from campaign.recipients.rows import AddressRow
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.recipient import audit_subject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow


@dataclass(frozen=True)
class AddressCheck:
    """Who checked an address, and how.

    `required_checkers`: how many different people have to check it before it is verified.
    """

    by: str
    reason: str
    required_checkers: int = 1


def verify(
    session: Session,
    key: str,
    email: str,
    check: AddressCheck,
    *,
    now: datetime,
    language: str | None = None,
) -> AddressRow:
    """Record that a person checked the e-mail address that letters go to.

    `email` may be empty to confirm the address that is known; `language` is that of the
    letters that go there, empty for any. Raise NotFound for an unknown key and
    InvalidText if there is no usable address or reason, or if the second person
    who has to check it is the first one again.
    """
    if language and not is_language(language.lower()):
        raise InvalidText("no-language")
    recipient = recipients.lock(session, key)
    value = clean_email(email) if email else _current_value(recipient, Channel.EMAIL)
    row = _record_check(recipient, Channel.EMAIL, value, check, now)
    row.language = row.language if language is None else language.lower()
    _log_and_close_reports(session, row, now)
    return row


def verify_postal(
    session: Session, key: str, lines: Sequence[str], check: AddressCheck, *, now: datetime
) -> AddressRow:
    """Record that a person checked a postal address; no lines confirm the known one.

    Raise NotFound for an unknown key and InvalidText as for an e-mail address.
    """
    recipient = recipients.lock(session, key)
    value = clean_postal_address(lines) or _current_value(recipient, Channel.POSTAL)
    row = _record_check(recipient, Channel.POSTAL, value, check, now)
    _log_and_close_reports(session, row, now)
    return row


def mark_wrong(
    session: Session, key: str, value: str, check: AddressCheck, *, now: datetime
) -> AddressRow:
    """Mark an address as wrong: nothing is sent there any more, but it stays in the list.

    Raise InvalidText if the recipient has no such address.
    """
    recipient = recipients.lock(session, key)
    lined = "\n".join(line.strip() for line in value.replace(";", "\n").splitlines())
    row = next((one for one in recipient.addresses if one.value in {value, lined}), None)
    if row is None:
        raise InvalidText("not-in-the-list")
    by, reason = clean_by_and_reason(check.by, check.reason)
    _forget_first(row)
    _set_status(row, AddressStatus.WRONG, by, reason, now)
    session.flush()
    addresses.close_reports(session, key, now)
    _log(session, AuditAction.ADDRESS_WRONG, row, now)
    return row


def _current_value(recipient: RecipientRow, channel: Channel) -> str:
    row = recipient.address_for(channel, "", live=False)
    if row is None:
        raise InvalidText("no-address")
    return row.value


def _record_check(
    recipient: RecipientRow, channel: Channel, value: str, check: AddressCheck, now: datetime
) -> AddressRow:
    """Return the address with that value, checked; a new one has the check as its source."""
    row = addresses.find_address(recipient, channel, value)
    if row is None:
        source = ": ".join(clean_by_and_reason(check.by, check.reason))
        row = AddressRow(channel=channel, value=value, source=source, language="")
        recipient.addresses.append(row)
    _add(row, check, now)
    return row


def _add(row: AddressRow, check: AddressCheck, now: datetime) -> None:
    """Add a person's check to an address; a verified one stays so, whoever checks it again."""
    by, reason = clean_by_and_reason(check.by, check.reason)
    _keep_previous_check(row, by, check.required_checkers)
    people = 2 if row.first_checked_by else 1
    verified = row.status is AddressStatus.VERIFIED or people >= check.required_checkers
    status = AddressStatus.VERIFIED if verified else AddressStatus.CHECKED
    _set_status(row, status, by, reason, now)


def _keep_previous_check(row: AddressRow, by: str, persons: int) -> None:
    """Store another person's check as the first of two; a person's own new check replaces her old.

    Also when one person is enough: if two are required later, what both did still counts.
    Raise InvalidText if a second person is required and this is the first one again.
    """
    if row.status not in {AddressStatus.CHECKED, AddressStatus.VERIFIED}:
        _forget_first(row)
    elif normalise_name(by) != normalise_name(row.checked_by):
        row.first_checked_on, row.first_checked_by = row.checked_on, row.checked_by
        row.first_check_reason = row.check_reason
    elif row.status is AddressStatus.CHECKED and persons > 1:
        raise InvalidText("needs-another-person")


def _forget_first(row: AddressRow) -> None:
    row.first_checked_on, row.first_checked_by, row.first_check_reason = None, "", ""


def _set_status(
    row: AddressRow, status: AddressStatus, by: str, reason: str, now: datetime
) -> None:
    row.checked_by, row.check_reason = by, reason
    row.status, row.checked_on = status, now.date()


def _log_and_close_reports(session: Session, row: AddressRow, now: datetime) -> None:
    """Log a check; supporters' reports stay open for the second person, if one is required."""
    session.flush()
    if row.status is AddressStatus.CHECKED:
        _log(session, AuditAction.ADDRESS_CHECKED, row, now)
        return
    addresses.close_reports(session, row.recipient, now)
    _log(session, AuditAction.ADDRESS_VERIFIED, row, now)


def _log(session: Session, action: AuditAction, row: AddressRow, now: datetime) -> None:
    about, detail = audit_subject(row.recipient), f"{row.channel} address {row.id}"
    audit_log.append(
        session, AuditEntry(row.checked_by, action, about, detail, row.check_reason), now
    )
