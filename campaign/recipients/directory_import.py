"""Import of a directory of addresses: what would change, and the change itself.

An import is no evidence: its addresses are known but not verified, and what a person has
checked stays as it was checked. What the file does not list stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from campaign.errors import ContentError, NoLongerPossible
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry as LogEntry
from campaign.recipients.address_csv import AddressEntry
from campaign.recipients.queries import addresses, recipients
from campaign.recipients.rows import AddressRow
from campaign.recipients.rules.addresses import AddressStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow

_KEY_FIELDS = frozenset({"line", "recipient", "channel", "value"})
_FIELDS = tuple(one.name for one in fields(AddressEntry) if one.name not in _KEY_FIELDS)
_PACE = tuple(name for name in _FIELDS if name not in {"source", "language"})
_CHECKED_STATUSES = {AddressStatus.CHECKED, AddressStatus.VERIFIED, AddressStatus.WRONG}


@dataclass(frozen=True)
class ChangedAddress:
    """A stored address, and the values that the file would change: old and new."""

    entry: AddressEntry
    values: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class AddressDiff:
    """What a file would change: `unchanged` and `not_in_file` are counts of what stays."""

    new: list[AddressEntry] = field(default_factory=list)
    changed: list[ChangedAddress] = field(default_factory=list)
    unchanged: int = 0
    not_in_file: int = 0


def diff_addresses(session: Session, entries: Sequence[AddressEntry]) -> AddressDiff:
    new, changed, same = [], [], 0
    kept = {row.id for one in recipients.list_all(session) for row in one.addresses}
    for entry in entries:
        row = addresses.find_address(recipients.get(session, entry.recipient), *_key(entry))
        if row is None:
            new.append(entry)
            continue
        kept.discard(row.id)
        if values := _changed_values(row, entry):
            changed.append(ChangedAddress(entry, values))
        else:
            same += 1
    return AddressDiff(new, changed, same, len(kept))


def import_addresses(
    session: Session, entries: Sequence[AddressEntry], by: str, now: datetime
) -> None:
    """Add and change addresses according to the file; none becomes verified by that.

    Raise ContentError with each line whose office would close before it opens.
    """
    faults = []
    for entry in sorted(entries, key=lambda one: one.recipient):
        recipient = recipients.lock(session, entry.recipient)
        faults += _opening_hours_fault(recipient, _upsert(recipient, entry), entry.line)
    if faults:
        raise ContentError(faults)
    act = LogEntry(by, AuditAction.DIRECTORY_IMPORTED, number=len(entries))
    audit_log.append(session, act, now)


def _upsert(recipient: RecipientRow, entry: AddressEntry) -> AddressRow:
    """Return the address of an entry, created or updated."""
    row = addresses.find_address(recipient, *_key(entry))
    if row is None:
        row = AddressRow(channel=entry.channel, value=entry.value, source="", language="")
        recipient.addresses.append(row)
    for name, (_, value) in _changed_values(row, entry).items():
        setattr(row, name, value)
    row.from_reference = False
    return row


def _opening_hours_fault(recipient: RecipientRow, row: AddressRow, line: int) -> list[str]:
    """Return a message if an address's hours, combined with its recipient's, are impossible."""
    opens, closes = row.opens or recipient.opens, row.closes or recipient.closes
    if opens < closes:
        return []
    return [
        (
            f"line {line}: the office would open at {opens:%H:%M} and close at {closes:%H:%M}; "
            "type an earlier hour as opens or a later one as closes"
        )
    ]


def _key(entry: AddressEntry) -> tuple[Any, str]:
    return entry.channel, entry.value


def _changed_values(row: AddressRow, entry: AddressEntry) -> dict[str, tuple[Any, Any]]:
    """Return what an entry changes: an empty cell nothing, a checked address only in its pace."""
    names = _PACE if row.status in _CHECKED_STATUSES else _FIELDS
    pairs = {name: (getattr(row, name), getattr(entry, name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if new not in {None, "", old}}


def version_token(row: RecipientRow) -> str:
    """Return a token that differs once somebody changes the recipient."""
    pace = (row.per_hour, row.per_day, row.opens, row.closes, row.zone)
    stands = (row.paused_on, row.pause_reason, row.digest)
    places = [
        (one.id, one.status, one.language, one.checked_on, one.checked_by) for one in row.addresses
    ]
    return sha256(repr((pace, stands, places)).encode()).hexdigest()[:16]


def require_unchanged(session: Session, key: str, seen: str) -> None:
    """Lock a recipient; raise NoLongerPossible if it was changed since a page showed it."""
    if version_token(recipients.lock(session, key)) != seen:
        raise NoLongerPossible(key)
