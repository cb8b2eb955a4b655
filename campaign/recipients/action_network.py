"""Targets as Action Network exports them: persons with e-mail addresses, by country.

Columns: first_name, last_name, email, country, and optionally title, zip_code, gender and phone.
The file does not say which office its persons hold, so whoever imports it does. Postal codes,
genders and telephone numbers are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import InvalidText
from campaign.recipients.csv_reader import CsvColumns, quote_excerpt, read_csv_rows
from campaign.recipients.directory_entries import (
    KnownRecipients,
    clean_entry,
    entry_faults,
    raise_faults,
)
from campaign.recipients.rules.government import to_iso_code
from campaign.recipients.rules.recipient import recipient_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from campaign.recipients.rules.directory import DirectoryEntry

COLUMNS = CsvColumns(
    required=("first_name", "last_name", "country", "email"),
    optional=("title", "zip_code", "gender", "phone"),
)


def read_action_network(
    path: Path, known: KnownRecipients, office: str, countries: Mapping[str, str]
) -> list[DirectoryEntry]:
    """Return the persons and their addresses as entries of an office of each country.

    `countries`: codes of governments by their English names. Raise ContentError with every fault.
    """
    faults: list[str] = []
    entries: dict[tuple[object, ...], DirectoryEntry] = {}
    for line, row in read_csv_rows(path, COLUMNS, faults):
        try:
            key = recipient_key(_government(row["country"], known, countries), office)
            for cells in _said(row):
                told = {**cells, "recipient": key, "source": f"Action Network: {path.name}"}
                entry = clean_entry(told, f"line {line}")
                entries.setdefault(entry.identity, entry)
        except InvalidText as error:
            faults.append(f"line {line}: {error.reason}")
    faults += entry_faults(list(entries.values()), known)
    raise_faults(faults)
    return list(entries.values())


def _said(row: Mapping[str, str]) -> Iterator[dict[str, str]]:
    parts = (row.get("title", ""), row["first_name"], row["last_name"])
    name = " ".join(part.strip() for part in parts if part.strip())
    if name:
        yield {"channel": "person", "address": name}
    if row["email"].strip():
        yield {"channel": "email", "address": row["email"]}


def _government(country: str, known: KnownRecipients, countries: Mapping[str, str]) -> str:
    typed = country.strip()
    code = countries.get(typed.lower()) or to_iso_code(typed)
    if code not in known.governments:
        raise InvalidText(
            f"country is a known one, such as GR or Greece, not {quote_excerpt(country)}"
        )
    return code
