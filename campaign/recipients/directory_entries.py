"""Entries of a directory as somebody typed them, cleaned and checked, whatever file they are in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from email_validator import EmailNotValidError

from campaign.errors import ContentError, InvalidText
from campaign.language.formats import is_language
from campaign.language.text import clean_line, has_hidden_characters
from campaign.mail.addresses import normalise_email
from campaign.recipients.csv_reader import quote_excerpt
from campaign.recipients.rules.directory import (
    ADDRESS_KINDS,
    KINDS_BY_LANGUAGE,
    DirectoryEntry,
    EntryKind,
)
from campaign.recipients.rules.recipient import government_of, is_recipient_key, parse_recipient_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MAX_POSTAL_LINE_LENGTH = 60
MAX_POSTAL_LINES = 6
"""How many lines an envelope's window shows, with the recipient's name and title above."""

_EXAMPLE = "office@ministry.example"
_CLEANING_FAULTS = {
    "encoded-word": "“=?” in it, which mail programs misread; leave that out",
    "too-many-marks": "too many accents on one letter; type it again by hand",
}
"""The reasons for which `clean_line` refuses a text, in words."""

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet takes for a formula."""
_MAX = {"per_hour": 3_600, "per_day": 30_000}
MAX_TITLE = 150
"""Characters of a title, which is set as a line of an address: the longest known one has 119."""
MAX_FAULTS = 100
MAX_VALUE = 500
"""Characters of a value at most: names of ministries have up to 200."""


@dataclass(frozen=True)
class KnownRecipients:
    """The recipients of the directory, and the governments of which there may be new ones."""

    keys: Collection[str]
    governments: Collection[str]


def raise_faults(faults: Sequence[str]) -> None:
    """Raise ContentError if there are faults; of very many only the first are named."""
    if len(faults) > MAX_FAULTS:
        faults = [*faults[:MAX_FAULTS], f"and {len(faults) - MAX_FAULTS} more like these"]
    if faults:
        raise ContentError(faults)


def entry_faults(entries: Sequence[DirectoryEntry], known: KnownRecipients) -> list[str]:
    """Return what is wrong with entries beside one another, each fault with its place."""
    first: dict[tuple[object, ...], DirectoryEntry] = {}
    named = {one.recipient for one in entries if one.kind is EntryKind.NAME}
    faults = []
    for entry in entries:
        twin = first.setdefault(entry.identity, entry)
        if twin is not entry:
            faults.append(f"{entry.where}: this is in {twin.where} too; delete one")
        if entry.recipient in known.keys:
            continue
        if government_of(entry.recipient) not in known.governments:
            faults.append(f"{entry.where}: {_unknown(entry.recipient)}")
        elif entry.recipient not in named:
            faults.append(
                f"{entry.where}: {entry.recipient} is not in the directory; add what it is called, "
                "in a language (channel: name; Popolo: other_names with lang, or --language)"
            )
    return faults


def _unknown(recipient: str) -> str:
    return (
        "recipient is an office of a known government, such as DE/foreign-affairs, not "
        f"{quote_excerpt(recipient)}"
    )


def clean_entry(row: Mapping[str, str], where: str) -> DirectoryEntry:
    """Return an entry from the cells of a row; raise InvalidText with a sentence.

    The cells are those of a CSV file (see directory_csv); optional ones may be left out.
    """
    cells = {name: _cleaned(name, value) for name, value in row.items()}
    kind, key = _kind(cells), _recipient(cells)
    language = _language(cells)
    if kind in KINDS_BY_LANGUAGE and not language:
        raise InvalidText(f"language is empty; type the code of the {kind}’s, such as fr")
    return DirectoryEntry(
        recipient=key,
        kind=kind,
        value=_value(kind, cells["address"]),
        source=_source(cells),
        language=language,
        since=_day(cells),
        per_hour=_number(cells, "per_hour"),
        per_day=_number(cells, "per_day"),
        opens=_hour(cells, "opens"),
        closes=_hour(cells, "closes"),
        zone=_zone(cells),
        where=where,
    )


def _cleaned(name: str, value: str) -> str:
    """Return a cell as it is stored; line breaks in an address separate its lines.

    Raise InvalidText if it has hidden characters or cannot be cleaned.
    """
    if value.strip().startswith(FORMULA):
        raise InvalidText(
            f"{name} begins with “{value.strip()[0]}”, which spreadsheets take for a formula"
        )
    if has_hidden_characters(value):
        raise InvalidText(f"{name} has invisible characters in it; type it again by hand")
    try:
        return clean_line(value.strip().replace("\n", ";") if name == "address" else value)
    except InvalidText as error:
        raise InvalidText(f"{name} has {_CLEANING_FAULTS[error.reason]}") from error


def _recipient(cells: Mapping[str, str]) -> str:
    key = parse_recipient_key(cells["recipient"])
    if not is_recipient_key(key):
        raise InvalidText(_unknown(cells["recipient"]))
    return key


def _kind(cells: Mapping[str, str]) -> EntryKind:
    if cells["channel"] not in list(EntryKind):
        kinds = ", ".join(EntryKind)
        raise InvalidText(f"channel is one of {kinds}, not {quote_excerpt(cells['channel'])}")
    kind = EntryKind(cells["channel"])
    if kind not in ADDRESS_KINDS:
        for name in ("per_hour", "per_day", "opens", "closes", "zone"):
            if cells.get(name):
                raise InvalidText(f"{name} is for addresses; leave it empty beside a {kind}")
    if kind is not EntryKind.PERSON and cells.get("since"):
        raise InvalidText("since is for persons: the day on which they came into office")
    return kind


def _source(cells: Mapping[str, str]) -> str:
    if not cells["source"]:
        raise InvalidText("source is empty; type where the address was found, such as a page")
    return cells["source"]


def _value(kind: EntryKind, address: str) -> str:
    if not address.strip("; "):
        raise InvalidText("address is empty; type one, or delete the line")
    clean = {
        EntryKind.EMAIL: _email,
        EntryKind.POSTAL: _postal,
        EntryKind.WEBSITE: _website,
        EntryKind.LANGUAGES: _languages,
        EntryKind.ZONE: _zone_name,
        EntryKind.TITLE: _title,
    }
    if len(address) > MAX_VALUE:
        raise InvalidText(f"address has more than {MAX_VALUE} characters")
    return clean.get(kind, str)(address)


def _title(address: str) -> str:
    if len(address) > MAX_TITLE:
        raise InvalidText(
            f"a title stands in an envelope’s window: it has at most {MAX_TITLE} characters"
        )
    return address


def _website(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", address):
        raise InvalidText(
            f"{quote_excerpt(address)} is not a website such as https://www.example.org"
        )
    return address


def _languages(address: str) -> str:
    codes = address.lower().split()
    if not all(map(is_language, codes)):
        raise InvalidText(f"{quote_excerpt(address)} is not a list of codes such as nl fr")
    return " ".join(dict.fromkeys(codes))


def _zone_name(address: str) -> str:
    if address not in _zones():
        raise InvalidText(f"zone is a name such as Europe/Athens, not {quote_excerpt(address)}")
    return address


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
    if language and not is_language(language):
        raise InvalidText(f"language is a code such as fr, not {quote_excerpt(language)}")
    return language


def _zone(cells: Mapping[str, str]) -> str | None:
    return _zone_name(cells["zone"]) if cells.get("zone") else None


def _day(cells: Mapping[str, str]) -> date | None:
    text = cells.get("since", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidText(f"since is a day such as 2026-11-30, not {quote_excerpt(text)}") from None


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
