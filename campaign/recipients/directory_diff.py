"""What is stored in the directory, and what a file would change in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.recipients.queries import directory, recipients
from campaign.recipients.rules.addresses import AddressStatus
from campaign.recipients.rules.directory import ADDRESS_KINDS, DirectoryEntry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import OfficeHolderRow, RecipientRow

PACE = ("per_hour", "per_day", "opens", "closes", "zone")
_COMPARED = {
    EntryKind.EMAIL: ("source", "language", *PACE),
    EntryKind.POSTAL: ("source", "language", *PACE),
    EntryKind.PERSON: ("source",),
}
"""What may differ between two entries about the same thing; of the other kinds, the value."""

CHECKED_STATUSES = {AddressStatus.CHECKED, AddressStatus.VERIFIED, AddressStatus.WRONG}
_REFERENCE = "reference data"
"""The source of what came with the program: campaign/data says where each value was read."""


@dataclass(frozen=True)
class ChangedEntry:
    """A stored entry, and the values that the file would change: old and new."""

    entry: DirectoryEntry
    values: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class DirectoryDiff:
    """What a file would change.

    `gone`: what was imported of the recipients in the file, is not in it, and nobody has checked.
    `unchanged`: how many entries are stored as they are.
    """

    new: list[DirectoryEntry] = field(default_factory=list)
    changed: list[ChangedEntry] = field(default_factory=list)
    gone: list[DirectoryEntry] = field(default_factory=list)
    unchanged: int = 0


def export_entries(session: Session) -> list[DirectoryEntry]:
    """Return the whole directory, ordered by recipient, without addresses that are wrong."""
    held: dict[str, list[OfficeHolderRow]] = {}
    for holder in directory.all_holders(session):
        held.setdefault(holder.recipient, []).append(holder)
    return [
        entry
        for row in recipients.list_all(session)
        for entry in stored_entries(row, held.get(row.key, ()))
    ]


def diff_directory(session: Session, entries: Sequence[DirectoryEntry]) -> DirectoryDiff:
    """Compare a file with what is stored."""
    keys = {one.recipient for one in entries}
    rows = recipients.with_keys(session, keys)
    return compare(entries, rows, directory.holders_of(session, keys))


def compare(
    entries: Sequence[DirectoryEntry],
    rows: Iterable[RecipientRow],
    holders: Iterable[OfficeHolderRow],
) -> DirectoryDiff:
    """Compare a file with these recipients and the persons in their offices."""
    held: dict[str, list[OfficeHolderRow]] = {}
    for holder in holders:
        held.setdefault(holder.recipient, []).append(holder)
    found = DirectoryDiff()
    stored: dict[tuple[object, ...], DirectoryEntry] = {}
    checked: set[tuple[object, ...]] = set()
    shipped: set[tuple[object, ...]] = set()
    for row in rows:
        stored |= {one.identity: one for one in stored_entries(row, held.get(row.key, ()))}
        checked |= {
            (row.key, EntryKind(one.channel), one.value)
            for one in row.addresses
            if one.status in CHECKED_STATUSES
        }
        shipped |= {
            (row.key, EntryKind(one.channel), one.value)
            for one in row.addresses
            if one.from_reference
        }
    same = 0
    for entry in entries:
        before = stored.pop(entry.identity, None)
        if before is None and entry.identity not in checked:
            found.new.append(entry)
        elif values := _changes(before, entry, checked=entry.identity in checked):
            found.changed.append(ChangedEntry(entry, values))
        else:
            same += 1
    gone = [one for key, one in stored.items() if key not in checked | shipped and _can_go(one)]
    return DirectoryDiff(found.new, found.changed, gone, same)


def _changes(
    before: DirectoryEntry | None, entry: DirectoryEntry, *, checked: bool
) -> dict[str, tuple[Any, Any]]:
    """Return what an entry changes: an empty cell nothing, a checked address only in its pace."""
    if before is None:  # an address that somebody marked as wrong stays so
        return {}
    names = PACE if checked else _COMPARED.get(entry.kind, ("value",))
    pairs = {name: (getattr(before, name), getattr(entry, name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if new not in {None, "", old}}


def _can_go(entry: DirectoryEntry) -> bool:
    """Return whether an entry may be removed: what a recipient needs stays."""
    return entry.kind in {*ADDRESS_KINDS, EntryKind.PERSON}


def stored_entries(
    row: RecipientRow, holders: Iterable[OfficeHolderRow]
) -> Iterator[DirectoryEntry]:
    """Yield what is stored of a recipient, always in the same order."""

    def told(kind: EntryKind, value: str, language: str = "") -> DirectoryEntry:
        source = row.imported.get(imported_name(kind, language), {}).get("source", _REFERENCE)
        return DirectoryEntry(row.key, kind, value, source, language)

    for language, name in sorted(row.names.items()):
        yield told(EntryKind.NAME, name, language)
    if row.website:
        yield told(EntryKind.WEBSITE, row.website)
    if row.letter_languages:
        yield told(EntryKind.LANGUAGES, " ".join(row.letter_languages))
    yield told(EntryKind.ZONE, row.zone)
    for one in sorted(row.addresses, key=lambda one: (one.channel, one.value)):
        if one.status is not AddressStatus.WRONG:
            pace = {name: getattr(one, name) for name in PACE}
            about = row.key, EntryKind(one.channel), one.value, one.source, one.language
            yield DirectoryEntry(*about, **pace)
    for holder in sorted(holders, key=lambda one: (one.since or date.min, one.name)):
        said = EntryKind.PERSON, holder.name, holder.source
        yield DirectoryEntry(row.key, *said, since=holder.since)


def imported_name(kind: EntryKind, language: str) -> str:
    """Return under which name a recipient's row stores what was imported."""
    return f"{kind} {language}".strip()
