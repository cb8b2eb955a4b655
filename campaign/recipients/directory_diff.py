"""What is stored in the directory, and what a file would change in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.recipients.queries import directory, recipients
from campaign.recipients.rules.addresses import AddressStatus
from campaign.recipients.rules.directory import ADDRESS_KINDS, DirectoryEntry, EntryKind, in_office

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import AddressRow, OfficeHolderRow, RecipientRow

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


Identity = tuple[object, ...]
"""What two entries about the same thing have in common: `DirectoryEntry.identity`."""


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
    holders: Collection[OfficeHolderRow],
) -> DirectoryDiff:
    """Compare a file with these recipients and the persons in their offices."""
    held: dict[str, list[OfficeHolderRow]] = {}
    for holder in holders:
        held.setdefault(holder.recipient, []).append(holder)
    stored: dict[Identity, DirectoryEntry] = {}
    checked: set[Identity] = set()
    shipped: set[Identity] = set()
    for row in rows:
        stored |= {one.identity: one for one in stored_entries(row, held.get(row.key, ()))}
        checked |= {_identity(row, one) for one in row.addresses if was_checked(one)}
        shipped |= {_identity(row, one) for one in row.addresses if one.from_reference}
    for one in holders:
        if not one.imported:
            checked.add((one.recipient, EntryKind.PERSON, one.name, one.since))
    days = {key[:-1]: key for key in stored if key[1] is EntryKind.PERSON}
    new, changed, same = [], [], 0
    for entry in entries:
        identity = entry.identity
        if entry.kind is EntryKind.PERSON and entry.since is None:  # one with a day may be known
            identity = days.get(identity[:-1], identity)
        before = stored.pop(identity, None)
        if before is None and identity not in checked:
            new.append(entry)
        elif values := _changes(before, entry, checked=identity in checked):
            changed.append(ChangedEntry(entry, values))
        else:
            same += 1
    stays = checked | shipped
    gone = [one for key, one in stored.items() if key not in stays and _can_go(one)]
    return DirectoryDiff(new, changed, gone, same)


def was_checked(address: AddressRow) -> bool:
    """Return whether a person has checked an address, even if that does not count any more."""
    return address.status in CHECKED_STATUSES or address.checked_on is not None


def _identity(row: RecipientRow, address: AddressRow) -> Identity:
    return row.key, EntryKind(address.channel), address.value


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
    for language, title in sorted(row.titles.items()):
        yield told(EntryKind.TITLE, title, language)
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
    named = [one for one in in_office(holders) if one.name]
    for holder in sorted(named, key=lambda one: (one.since or date.min, one.name)):
        said = EntryKind.PERSON, holder.name, holder.source
        yield DirectoryEntry(row.key, *said, since=holder.since)


def imported_name(kind: EntryKind, language: str) -> str:
    """Return under which name a recipient's row stores what was imported."""
    return f"{kind} {language}".strip()
