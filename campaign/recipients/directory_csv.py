"""A directory as a CSV file: reads it and reports every fault in it, and writes it.

Columns: `recipient` (such as DE/foreign-affairs), `channel` (`email` or `postal`, or what else the
row says: `name`, `title` (of whoever heads it), `website`, `languages`, `zone`, `person`),
`address` (the value itself; a postal one with `;` or a line break between its lines), `source`, and
optionally `language`, `since`, `per_hour`, `per_day`, `opens`, `closes` (such as 08:30) and `zone`.
An empty cell changes nothing.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from campaign.errors import InvalidText
from campaign.recipients.csv_reader import CsvColumns, read_csv_rows
from campaign.recipients.directory_entries import (
    KnownRecipients,
    clean_entry,
    entry_faults,
    raise_faults,
)
from campaign.recipients.rules.directory import DirectoryEntry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REQUIRED_COLUMNS = ("recipient", "channel", "address", "source")
OPTIONAL = ("language", "since", "per_hour", "per_day", "opens", "closes", "zone")
COLUMNS = CsvColumns(REQUIRED_COLUMNS, OPTIONAL)


def read_directory_csv(path: Path, known: KnownRecipients) -> list[DirectoryEntry]:
    """Return the file's entries; raise ContentError with every fault and its line."""
    faults: list[str] = []
    entries = []
    for line, row in read_csv_rows(path, COLUMNS, faults):
        try:
            entries.append(clean_entry(row, f"line {line}"))
        except InvalidText as error:
            faults.append(f"line {line}: {error.reason}")
    faults += entry_faults(entries, known)
    raise_faults(faults)
    return entries


def write_directory_csv(entries: Iterable[DirectoryEntry]) -> str:
    """Return a directory as the text of a CSV file (RFC 4180), which can be read again."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow((*REQUIRED_COLUMNS, *OPTIONAL))
    for one in entries:
        hours = [hour and f"{hour:%H:%M}" for hour in (one.opens, one.closes)]
        value = one.value.replace("\n", "; ") if one.kind is EntryKind.POSTAL else one.value
        required = one.recipient, one.kind.value, value, one.source
        pace = one.per_hour, one.per_day, *hours, one.zone
        writer.writerow((*required, one.language, one.since, *pace))
    return out.getvalue()
