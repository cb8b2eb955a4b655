"""Import file of recipients' addresses: reads the CSV file and reports every fault in it.

Columns: `recipient` (such as DE/foreign-affairs), `channel` (`email` or `postal`), `address` (a
postal one with `;` or a line break between its lines), `source`, and optionally `language`,
`per_hour`, `per_day`, `opens`, `closes` (such as 08:30) and `zone`. An empty cell changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from email_validator import EmailNotValidError

from campaign.errors import ContentError, InvalidText
from campaign.language.text import clean_line, has_hidden_characters
from campaign.mail.addresses import normalise_email
from campaign.recipients.csv_reader import CsvColumns, quote_excerpt, read_csv_rows
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import parse_recipient_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

MAX_POSTAL_LINE_LENGTH = 60
MAX_POSTAL_LINES = 6
"""How many lines an envelope's window shows, with the recipient's name above."""

REQUIRED_COLUMNS = ("recipient", "channel", "address", "source")
OPTIONAL = ("language", "per_hour", "per_day", "opens", "closes", "zone")
COLUMNS = CsvColumns(REQUIRED_COLUMNS, OPTIONAL)
_EXAMPLE = "office@ministry.example"
_CLEANING_FAULTS = {
    "encoded-word": "“=?” in it, which mail programs misread; leave that out",
    "too-many-marks": "too many accents on one letter; type it again by hand",
}
"""The reasons for which `clean_line` refuses a text, in words."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MAX = {"per_hour": 3_600, "per_day": 30_000}


@dataclass(frozen=True)
class AddressEntry:
    """One row of the file: the line it begins in, an address and its source."""

    line: int
    recipient: str
    channel: Channel
    value: str
    source: str
    language: str = ""
    per_hour: int | None = None
    per_day: int | None = None
    opens: time | None = None
    closes: time | None = None
    zone: str | None = None


def read_address_csv(path: Path, known: Collection[str]) -> list[AddressEntry]:
    """Return the file's entries; raise ContentError with every fault and its line."""
    faults: list[str] = []
    entries: dict[tuple[str, Channel, str], AddressEntry] = {}
    for line, row in read_csv_rows(path, COLUMNS, faults):
        try:
            entry = _entry(line, row, known)
        except InvalidText as error:
            faults.append(f"line {line}: {error.reason}")
            continue
        first = entries.setdefault((entry.recipient, entry.channel, entry.value), entry)
        if first is not entry:
            faults.append(f"line {line}: this address is in line {first.line} too; delete one")
    if faults:
        raise ContentError(faults)
    return list(entries.values())


def _entry(line: int, row: Mapping[str, str], known: Collection[str]) -> AddressEntry:
    cells = {name: _cleaned(name, value) for name, value in row.items()}
    channel = _channel(cells)
    return AddressEntry(
        line=line,
        recipient=_recipient(cells, known),
        channel=channel,
        value=_value(channel, cells["address"]),
        source=_source(cells),
        language=_language(cells),
        per_hour=_number(cells, "per_hour"),
        per_day=_number(cells, "per_day"),
        opens=_hour(cells, "opens"),
        closes=_hour(cells, "closes"),
        zone=_zone(cells),
    )


def _cleaned(name: str, value: str) -> str:
    """Return a cell as it is stored; line breaks in an address separate its lines.

    Raise InvalidText if it has hidden characters or cannot be cleaned.
    """
    if has_hidden_characters(value):
        raise InvalidText(f"{name} has invisible characters in it; type it again by hand")
    try:
        return clean_line(value.strip().replace("\n", ";") if name == "address" else value)
    except InvalidText as error:
        raise InvalidText(f"{name} has {_CLEANING_FAULTS[error.reason]}") from error


def _recipient(cells: Mapping[str, str], known: Collection[str]) -> str:
    key = parse_recipient_key(cells["recipient"])
    if key not in known:
        raise InvalidText(
            "recipient is one of the directory, such as DE/foreign-affairs, not "
            f"{quote_excerpt(cells['recipient'])}"
        )
    return key


def _channel(cells: Mapping[str, str]) -> Channel:
    if cells["channel"] not in list(Channel):
        raise InvalidText(f"channel is email or postal, not {quote_excerpt(cells['channel'])}")
    return Channel(cells["channel"])


def _source(cells: Mapping[str, str]) -> str:
    if not cells["source"]:
        raise InvalidText("source is empty; type where the address was found, such as a page")
    return cells["source"]


def _value(channel: Channel, address: str) -> str:
    if not address.strip("; "):
        raise InvalidText("address is empty; type one, or delete the line")
    return _email(address) if channel is Channel.EMAIL else _postal(address)


def _email(address: str) -> str:
    try:
        return normalise_email(address)
    except EmailNotValidError as error:
        raise InvalidText(
            f"{quote_excerpt(address)} is not an e-mail address such as {_EXAMPLE}. {error}"
        ) from error


def _postal(address: str) -> str:
    try:
        return clean_postal_address(address.split(";"))
    except InvalidText as error:
        raise InvalidText(
            f"{quote_excerpt(address)} is too long for an envelope’s window: a postal address has"
            f" at most {MAX_POSTAL_LINES} lines of {MAX_POSTAL_LINE_LENGTH} characters, with ;"
            " between them"
        ) from error


def _number(cells: Mapping[str, str], name: str) -> int | None:
    text = cells.get(name, "")
    if not text:
        return None
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_MAX[name]))
    if not (digits and 1 <= int(text) <= _MAX[name]):
        raise InvalidText(f"{name} is a number from 1 to {_MAX[name]}, not {quote_excerpt(text)}")
    return int(text)


def _hour(cells: Mapping[str, str], name: str) -> time | None:
    text = cells.get(name, "")
    if not text:
        return None
    if not _HOUR.fullmatch(text):
        raise InvalidText(f"{name} is an hour such as 08:30, not {quote_excerpt(text)}")
    return time.fromisoformat(text)


def _language(cells: Mapping[str, str]) -> str:
    language = cells.get("language", "").lower()
    if language and not _LANGUAGE.fullmatch(language):
        raise InvalidText(f"language is a code such as fr, not {quote_excerpt(language)}")
    return language


def _zone(cells: Mapping[str, str]) -> str | None:
    zone = cells.get("zone", "")
    if zone and zone not in _zones():
        raise InvalidText(f"zone is a name such as Europe/Athens, not {quote_excerpt(zone)}")
    return zone or None


@cache
def _zones() -> frozenset[str]:
    """Return the machine's time zones, read once: each time takes some milliseconds."""
    return frozenset(available_timezones())


def clean_postal_address(lines: Sequence[str]) -> str:
    """Return a postal address as it is stored; raise InvalidText if it is too long."""
    given = [line for line in map(clean_line, lines) if line]
    if len(given) > MAX_POSTAL_LINES or any(len(line) > MAX_POSTAL_LINE_LENGTH for line in given):
        raise InvalidText("too-many-lines")
    return "\n".join(given)
