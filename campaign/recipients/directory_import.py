"""Import of a directory of recipients, by one person or by two.

An import is no evidence: its addresses are known but not verified, and what a person has checked
stays as it was checked. What the file does not list stays, unless that is asked for.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, time
from typing import TYPE_CHECKING, Any

from campaign.errors import ContentError, InvalidText
from campaign.language.text import normalise_name
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry as LogEntry
from campaign.recipients.directory_diff import (
    PACE,
    compare,
    imported_name,
    stored_entries,
    was_checked,
)
from campaign.recipients.queries import addresses, directory, recipients
from campaign.recipients.rows import (
    AddressRow,
    DirectoryImportRow,
    OfficeHolderRow,
    RecipientRow,
)
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.directory import ADDRESS_KINDS, DirectoryEntry, EntryKind
from campaign.recipients.rules.recipient import government_of, recipient_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.recipients.directory_diff import Identity


def import_directory(
    session: Session,
    entries: Sequence[DirectoryEntry],
    by: str,
    now: datetime,
    *,
    remove_gone: bool = False,
) -> None:
    """Add and change what the file says; no address becomes verified by that.

    Raise ContentError with each place whose office would close before it opens.
    """
    rows = _locked_or_new(session, entries)
    holders = {_holder_key(one): one for one in directory.holders_of(session, rows)}
    days = {key[:-1]: one for key, one in holders.items()}
    gone = compare(entries, rows.values(), holders.values()).gone if remove_gone else []
    faults = []
    for entry in entries:
        row = rows[entry.recipient]
        if entry.kind in ADDRESS_KINDS:
            faults += _opening_hours_fault(row, _upsert(row, entry), entry.where)
        elif entry.kind is EntryKind.PERSON:
            _enter_holder(session, _holder(holders, days, entry), entry, by, now)
        else:
            _import_value(row, entry)
    if faults:
        raise ContentError(faults)
    for entry in gone:
        _remove(session, rows[entry.recipient], holders, entry)
    act = LogEntry(by, AuditAction.DIRECTORY_IMPORTED, number=len(entries))
    audit_log.append(session, act, now)


def propose_import(
    session: Session,
    entries: Sequence[DirectoryEntry],
    by: str,
    now: datetime,
    *,
    remove_gone: bool = False,
) -> int:
    """Store an import for a second person, and return its number.

    Raise ContentError as `import_directory` does: what cannot be applied is not proposed.
    """
    trial = session.begin_nested()
    try:
        import_directory(session, entries, by, now, remove_gone=remove_gone)
    finally:
        trial.rollback()
    row = DirectoryImportRow(
        entries=[_to_json(one) for one in entries],
        remove_gone=remove_gone,
        proposed_by=by,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def proposed_entries(row: DirectoryImportRow) -> list[DirectoryEntry]:
    return [_from_json(one) for one in row.entries]


def apply_import(session: Session, number: int, by: str, now: datetime) -> None:
    """Apply what another person proposed.

    Raise NotFound if nothing waits under that number, InvalidText if it is the same person.
    """
    row = directory.lock_import(session, number)
    if normalise_name(row.proposed_by) == normalise_name(by):
        raise InvalidText("needs-another-person")
    import_directory(session, proposed_entries(row), by, now, remove_gone=row.remove_gone)
    directory.delete_import(session, number)


def _locked_or_new(session: Session, entries: Sequence[DirectoryEntry]) -> dict[str, RecipientRow]:
    """Return the recipients of the file by key, locked; those that are new are added."""
    rows = recipients.lock_with_keys(session, {one.recipient for one in entries})
    new = sorted({one.recipient for one in entries} - rows.keys())
    models = {
        one.government: one
        for one in recipients.with_keys(session, {recipient_key(government_of(key)) for key in new})
    }
    zones = {one.recipient: one.value for one in entries if one.kind is EntryKind.ZONE}
    for key in new:
        model = models.get(government_of(key))
        zone = zones.get(key) or (model.zone if model else _ZONE_OF_THE_UNION)
        languages = list(model.letter_languages) if model else []
        # Given here, or each would be asked for.
        empty: dict[str, Any] = {"names": {}, "titles": {}, "imported": {}, "addresses": []}
        rows[key] = row = RecipientRow(key=key, zone=zone, letter_languages=languages, **empty)
        session.add(row)
    session.flush()
    return rows


_ZONE_OF_THE_UNION = "Europe/Brussels"


def _import_value(row: RecipientRow, entry: DirectoryEntry) -> None:
    """Store what is no address and no person, unless that is what is known anyway."""
    name = imported_name(entry.kind, entry.language)
    known = {one.identity: one.value for one in stored_entries(row, ())}
    if known.get(entry.identity) != entry.value:
        told = {"value": entry.value, "source": entry.source}
        row.imported = {**row.imported, name: told}
        recipients.set_imported(row, name, entry.value)


def _enter_holder(
    session: Session, row: OfficeHolderRow | None, entry: DirectoryEntry, by: str, now: datetime
) -> None:
    if row is None:
        about = entry.recipient, entry.value, entry.since
        row = OfficeHolderRow(recipient=about[0], name=about[1], since=about[2], imported=True)
        session.add(row)
    elif not row.imported or row.source == entry.source:
        return
    row.source, row.entered_by, row.entered_on = entry.source, by, now.date()


def _holder(
    holders: Mapping[Identity, OfficeHolderRow],
    days: Mapping[Identity, OfficeHolderRow],
    entry: DirectoryEntry,
) -> OfficeHolderRow | None:
    """Return the person of an entry; one without a day may be known with one."""
    known = holders.get(_entry_key(entry))
    return known or (days.get(_entry_key(entry)[:-1]) if entry.since is None else None)


def _holder_key(row: OfficeHolderRow) -> Identity:
    return row.recipient, row.name, row.since


def _entry_key(entry: DirectoryEntry) -> Identity:
    return entry.recipient, entry.value, entry.since


def _remove(
    session: Session,
    row: RecipientRow,
    holders: Mapping[Identity, OfficeHolderRow],
    entry: DirectoryEntry,
) -> None:
    if entry.kind is EntryKind.PERSON:
        session.delete(holders[_entry_key(entry)])
        return
    found = addresses.find_address(row, Channel(entry.kind), entry.value)
    if found is not None:
        row.addresses.remove(found)


def _upsert(recipient: RecipientRow, entry: DirectoryEntry) -> AddressRow:
    """Return the address of an entry, created or updated."""
    channel = Channel(entry.kind)
    row = addresses.find_address(recipient, channel, entry.value)
    if row is None:
        row = AddressRow(channel=channel, value=entry.value, source=entry.source, language="")
        row.status = AddressStatus.KNOWN
        recipient.addresses.append(row)
        row.from_reference = False
    names = PACE if was_checked(row) else ("source", "language", *PACE)
    for name in names:
        if getattr(entry, name) not in {None, "", getattr(row, name)}:
            setattr(row, name, getattr(entry, name))
            row.from_reference = False
    return row


def _opening_hours_fault(recipient: RecipientRow, row: AddressRow, where: str) -> list[str]:
    """Return a message if an address's hours, combined with its recipient's, are impossible."""
    opens, closes = row.opens or recipient.opens, row.closes or recipient.closes
    if opens < closes:
        return []
    return [
        (
            f"{where}: the office would open at {opens:%H:%M} and close at {closes:%H:%M}; "
            "type an earlier hour as opens or a later one as closes"
        )
    ]


def _to_json(entry: DirectoryEntry) -> dict[str, Any]:
    told = {name: value for name, value in asdict(entry).items() if value not in {None, ""}}
    return {
        name: value.isoformat() if isinstance(value, date | time) else value
        for name, value in told.items()
    }


def _from_json(told: Mapping[str, Any]) -> DirectoryEntry:
    read: dict[str, Callable[[str], Any]] = {
        "kind": EntryKind,
        "since": date.fromisoformat,
        "opens": time.fromisoformat,
        "closes": time.fromisoformat,
    }
    return DirectoryEntry(
        **{name: read[name](value) if name in read else value for name, value in told.items()}
    )
