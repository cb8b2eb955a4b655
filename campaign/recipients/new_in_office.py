"""A new person in office: entered with a day and a source, and addresses checked once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import InvalidText
from campaign.language.text import clean_line
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry, clean_by_and_reason
from campaign.recipients.directory_entries import FORMULA
from campaign.recipients.queries import directory, recipients
from campaign.recipients.rows import OfficeHolderRow
from campaign.recipients.rules.addresses import AddressStatus
from campaign.recipients.rules.recipient import audit_subject

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

MAX_HOLDER_NAME = 200


@dataclass(frozen=True)
class NewInOffice:
    """What an organiser says: since when, from where that is known, and who it is, if she knows.

    `letters_wait`: nothing counts as verified any more, so that on a live site letters wait until
    somebody has checked an address again. That is so for all campaigns: they share addresses.
    """

    since: date | None
    source: str
    by: str
    name: str = ""
    letters_wait: bool = False


def clean_holder_name(typed: str) -> str:
    """Return a name in one line; raise InvalidText if it is too long or begins a formula."""
    name = clean_line(typed)
    if name.startswith(FORMULA):
        raise InvalidText("bad-name")
    if len(name) > MAX_HOLDER_NAME:
        raise InvalidText("long-name")
    return name


def enter_new_in_office(session: Session, key: str, told: NewInOffice, now: datetime) -> None:
    """Enter who is new in office; what was checked stays in the log.

    The same person of the same day is entered once. Raise InvalidText without a day or a source,
    for a day to come, or for a name that is too long or that spreadsheets take for a formula.
    """
    name = clean_holder_name(told.name)
    if told.since is None or told.since > now.date():
        raise InvalidText("no-day")
    by, source = clean_by_and_reason(told.by, told.source)
    row = recipients.lock(session, key)
    known = directory.holders_of(session, [key])
    if any((one.name, one.since) == (name, told.since) for one in known):
        return
    session.add(
        OfficeHolderRow(
            recipient=key,
            name=name,
            since=told.since,
            source=source,
            entered_by=by,
            entered_on=now.date(),
        )
    )
    if told.letters_wait:
        for address in row.addresses:
            if address.status is not AddressStatus.WRONG:
                address.status = AddressStatus.KNOWN
    waits = "; addresses are to be checked again" if told.letters_wait else ""
    detail = f"since {told.since}{waits}"
    entry = AuditEntry(by, AuditAction.NEW_IN_OFFICE, audit_subject(key), detail, source)
    audit_log.append(session, entry, now)
