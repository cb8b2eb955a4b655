"""Take over a directory of addresses: what would change, and the change itself.

An import is no evidence: what it brings is known and not verified, and what a person has
checked stays as it was checked. What the file does not list stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from campaign.errors import ContentError, NoLongerPossible
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Action, Entry as LogEntry
from campaign.recipients.directory_file import Entry
from campaign.recipients.queries import addresses, ministries
from campaign.recipients.rows.addresses import AddressRow
from campaign.recipients.rules.directory import AddressStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.rows.ministries import MinistryRow

_KEY = frozenset({"line", "government", "channel", "value"})
_FIELDS = tuple(one.name for one in fields(Entry) if one.name not in _KEY)
_PACE = tuple(name for name in _FIELDS if name not in {"source", "language"})
_BY_A_PERSON = {AddressStatus.CHECKED, AddressStatus.VERIFIED, AddressStatus.WRONG}


@dataclass(frozen=True)
class Changed:
    """An address that is there, and what of it the file has otherwise: old and new."""

    entry: Entry
    values: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """What a file would change: `same` and `unlisted` stay."""

    new: list[Entry] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    same: int = 0
    unlisted: int = 0


def difference(session: Session, entries: Sequence[Entry]) -> Difference:
    new, changed, same = [], [], 0
    kept = {row.id for one in ministries.listing(session) for row in one.addresses}
    for entry in entries:
        row = addresses.found(ministries.get(session, entry.government), *_place(entry))
        if row is None:
            new.append(entry)
            continue
        kept.discard(row.id)
        if values := _otherwise(row, entry):
            changed.append(Changed(entry, values))
        else:
            same += 1
    return Difference(new, changed, same, len(kept))


def take_over(session: Session, entries: Sequence[Entry], by: str, now: datetime) -> None:
    """Add and change addresses as the file has them; none becomes verified by that.

    Raise ContentError with each line whose office would close before it opens.
    """
    faults = []
    for entry in sorted(entries, key=lambda one: one.government):
        ministry = ministries.lock(session, entry.government)
        faults += _closed_before_open(ministry, _put(ministry, entry), entry.line)
    if faults:
        raise ContentError(faults)
    act = LogEntry(by, Action.DIRECTORY_IMPORTED, number=len(entries))
    log.append(session, act, now)


def _put(ministry: MinistryRow, entry: Entry) -> AddressRow:
    """Return the address of an entry, as the file has it."""
    row = addresses.found(ministry, *_place(entry))
    if row is None:
        row = AddressRow(channel=entry.channel, value=entry.value, source="", language="")
        ministry.addresses.append(row)
    for name, (_, value) in _otherwise(row, entry).items():
        setattr(row, name, value)
    row.from_reference = False
    return row


def _closed_before_open(ministry: MinistryRow, row: AddressRow, line: int) -> list[str]:
    """Return a sentence if the hours of an address, with its ministry's, cannot be."""
    opens, closes = row.opens or ministry.opens, row.closes or ministry.closes
    if opens < closes:
        return []
    return [
        (
            f"line {line}: the office would open at {opens:%H:%M} and close at {closes:%H:%M}; "
            "type an earlier hour as opens or a later one as closes"
        )
    ]


def _place(entry: Entry) -> tuple[Any, str]:
    return entry.channel, entry.value


def _otherwise(row: AddressRow, entry: Entry) -> dict[str, tuple[Any, Any]]:
    """Return what an entry changes: an empty cell nothing, and no words of a person's check."""
    names = _PACE if row.status in _BY_A_PERSON else _FIELDS
    pairs = {name: (getattr(row, name), getattr(entry, name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if new not in {None, "", old}}


def version_of(row: MinistryRow) -> str:
    """Return what tells a ministry as it was seen from one that somebody changed since."""
    pace = (row.per_hour, row.per_day, row.opens, row.closes, row.zone)
    stands = (row.paused_on, row.pause_reason, row.digest)
    places = [
        (one.id, one.status, one.language, one.checked_on, one.checked_by) for one in row.addresses
    ]
    return sha256(repr((pace, stands, places)).encode()).hexdigest()[:16]


def must_be_as_seen(session: Session, government: str, seen: str) -> None:
    """Raise NoLongerPossible if a ministry was changed since a page showed it; lock it."""
    if version_of(ministries.lock(session, government)) != seen:
        raise NoLongerPossible(government)
