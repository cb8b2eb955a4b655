"""Read a directory of ministries' addresses from a CSV file, with every fault in it.

Columns: `government`, `channel` (`email` or `postal`), `address` (a postal one with `;`
between its lines), `source`, and where wanted `language`, `per_hour`, `per_day`, `opens`,
`closes` (such as 08:30) and `zone`. An empty cell says nothing.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import time
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from campaign.content.tables import MAX_FILE_BYTES
from campaign.domain.directory import Channel
from campaign.domain.government import iso_code
from campaign.domain.text import clean_line, hides_characters
from campaign.errors import ContentError, UnacceptableText

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

MAX_EMAIL = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its brackets."""

MAX_POSTAL_LINE = 60
MAX_POSTAL_LINES = 6
"""So many lines does the window of an envelope show, with the ministry's name above."""

NEEDED = ("government", "channel", "address", "source")
OPTIONAL = ("language", "per_hour", "per_day", "opens", "closes", "zone")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST = {"per_hour": 3_600, "per_day": 30_000}


@dataclass(frozen=True)
class Entry:
    """One line of the file: an address and where it was found."""

    government: str
    channel: Channel
    value: str
    source: str
    language: str = ""
    per_hour: int | None = None
    per_day: int | None = None
    opens: time | None = None
    closes: time | None = None
    zone: str | None = None


def read_directory(path: Path, governments: Collection[str]) -> list[Entry]:
    """Return the file's entries; raise ContentError with every fault and its line."""
    faults: list[str] = []
    entries: dict[tuple[str, Channel, str], Entry] = {}
    for number, row in _rows(path):
        try:
            entry = _entry(row, governments)
        except UnacceptableText as error:
            faults.append(f"line {number}: {error.reason}")
            continue
        key = (entry.government, entry.channel, entry.value)
        if key in entries:
            faults.append(f"line {number}: the same address stands in a line above")
        entries[key] = entry
    if faults:
        raise ContentError(faults)
    return list(entries.values())


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(StringIO(_text(path), newline=""), restkey="", strict=True)
        columns = Counter(reader.fieldnames or [])
        faults = [f"there is no column {name}" for name in NEEDED if name not in columns]
        faults += [f"{name!r} stands twice" for name, times in columns.items() if times > 1]
        unknown = sorted(set(columns) - {*NEEDED, *OPTIONAL})
        faults += [f"{name!r} is not a known column" for name in unknown]
        if faults:
            raise ContentError(faults)
        return [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise ContentError([f"this is not a CSV file in UTF-8: {error}"]) from error


def _text(path: Path) -> str:
    """Return what a file says, and no more of it than a directory can have."""
    with path.open("rb") as file:
        read = file.read(MAX_FILE_BYTES + 1)
    if len(read) > MAX_FILE_BYTES:
        raise ContentError([f"this is larger than {MAX_FILE_BYTES // 1024} KiB"])
    return read.decode("utf-8-sig")


def _entry(row: Mapping[str, str | None], governments: Collection[str]) -> Entry:
    if "" in row or None in row.values():
        raise UnacceptableText("it has more or fewer cells than the first line")
    cells = {name: _cleaned(name, value or "") for name, value in row.items()}
    government = iso_code(cells["government"])
    if government not in governments:
        raise UnacceptableText(f"{cells['government']!r} is not a government known here")
    if cells["channel"] not in list(Channel):
        raise UnacceptableText(f"channel is email or postal, not {cells['channel']!r}")
    if not cells["source"]:
        raise UnacceptableText("an address needs a source")
    channel = Channel(cells["channel"])
    return Entry(
        government=government,
        channel=channel,
        value=_value(channel, cells["address"]),
        source=cells["source"],
        language=_language(cells),
        per_hour=_number(cells, "per_hour"),
        per_day=_number(cells, "per_day"),
        opens=_hour(cells, "opens"),
        closes=_hour(cells, "closes"),
        zone=_zone(cells),
    )


def _cleaned(name: str, value: str) -> str:
    if hides_characters(value):
        raise UnacceptableText(f"{name}: hidden-characters")
    try:
        return clean_line(value)
    except UnacceptableText as error:
        raise UnacceptableText(f"{name}: {error.reason}") from error


def _value(channel: Channel, address: str) -> str:
    if not address.strip("; "):
        raise UnacceptableText("there is no address")
    try:
        return (
            email_value(address) if channel is Channel.EMAIL else postal_value(address.split(";"))
        )
    except UnacceptableText as error:
        raise UnacceptableText(f"{address!r}: {error.reason}") from error


def _number(cells: Mapping[str, str], name: str) -> int | None:
    text = cells.get(name, "")
    if not text:
        return None
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST[name]))
    if not (digits and 1 <= int(text) <= _MOST[name]):
        raise UnacceptableText(f"{name} is a number from 1 to {_MOST[name]}, not {text!r}")
    return int(text)


def _hour(cells: Mapping[str, str], name: str) -> time | None:
    text = cells.get(name, "")
    if not text:
        return None
    if not _HOUR.fullmatch(text):
        raise UnacceptableText(f"{name} is an hour such as 08:30, not {text!r}")
    return time.fromisoformat(text)


def _language(cells: Mapping[str, str]) -> str:
    language = cells.get("language", "").lower()
    if language and not _LANGUAGE.fullmatch(language):
        raise UnacceptableText(f"language is a code such as fr, not {language!r}")
    return language


def _zone(cells: Mapping[str, str]) -> str | None:
    zone = cells.get("zone", "")
    if zone and zone not in _zones():
        raise UnacceptableText(f"zone is a name such as Europe/Athens, not {zone!r}")
    return zone or None


@cache
def _zones() -> frozenset[str]:
    """Read the machine's time zones once: each time takes some milliseconds."""
    return frozenset(available_timezones())


def email_value(address: str) -> str:
    """Return an e-mail address that every server takes, or raise UnacceptableText.

    What looks like an encoded word (RFC 2047) is refused: no header could carry it.
    """
    if len(address) > MAX_EMAIL or "=?" in address:
        raise UnacceptableText("not-an-address")
    try:
        checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError as error:
        raise UnacceptableText("not-an-address") from error
    return checked.ascii_email or checked.normalized


def postal_value(lines: Sequence[str]) -> str:
    """Return a postal address as it is kept; raise UnacceptableText for one too long."""
    given = [line for line in map(clean_line, lines) if line]
    if len(given) > MAX_POSTAL_LINES or any(len(line) > MAX_POSTAL_LINE for line in given):
        raise UnacceptableText("too-many-lines")
    return "\n".join(given)
