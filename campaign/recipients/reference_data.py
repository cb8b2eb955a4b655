"""Reference data from CSV files: governments, their recipients and places on the tile map."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from campaign.errors import ContentError
from campaign.recipients.rules.government import Government, Membership, SupervisoryAuthority
from campaign.recipients.rules.recipient import (
    UNION,
    LocalAddress,
    ReferenceRecipient,
    government_of,
    is_recipient_key,
    recipient_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from campaign.recipients.rules.choice import RecipientChoice
    from campaign.recipients.rules.government import GovernmentChoice

Read = TypeVar("Read")

RECIPIENTS, NAMES, MEMBERSHIPS = "recipients.csv", "recipient_names.csv", "memberships.csv"
TITLES, ADDRESSES = "recipient_titles.csv", "recipient_addresses.csv"

TILE_COLUMNS, TILE_ROWS = 7, 8
"""Size of the tile map, as static/site.css draws it."""


@dataclass(frozen=True)
class ReferenceData:
    """The reference data: governments by ISO 3166-1 alpha-2 code, and recipients by key.

    `supervisory_authorities` has only those that were found in a source.
    """

    governments: Mapping[str, Government]
    recipients: Mapping[str, ReferenceRecipient]
    supervisory_authorities: Mapping[str, SupervisoryAuthority]

    def candidates(
        self, asked: GovernmentChoice, choice: RecipientChoice, today: date
    ) -> dict[str, tuple[str, ...]]:
        """Return the keys of whom letters may be for, by government, the preferred one first."""
        governments = asked.choose(self.governments.values(), today)
        return {one.code: choice.candidates(one.code) for one in governments}


def load_reference_data(folder: Path) -> ReferenceData:
    """Return the reference data; raise ContentError with every fault."""
    faults: list[str] = []
    tiles = dict(parse_rows(folder / "tiles.csv", _tile, faults))
    memberships: dict[str, list[Membership]] = {}
    for code, membership in parse_rows(folder / MEMBERSHIPS, _membership, faults):
        memberships.setdefault(code, []).append(membership)
    codes = parse_rows(folder / "governments.csv", lambda row: row["alpha2"], faults)
    governments = {
        code: Government(code, tuple(memberships.get(code, ())), tiles.get(code)) for code in codes
    }
    faults += [
        f"{MEMBERSHIPS}: governments.csv does not have {code}"
        for code in memberships
        if code not in governments
    ]
    names = _by_language(folder / NAMES, "name", faults)
    titles = _by_language(folder / TITLES, "title", faults)
    local = _local_addresses(folder / ADDRESSES, faults)
    rows = parse_rows(
        folder / RECIPIENTS, lambda row: _recipient(row, names, titles, local), faults
    )
    recipients = {recipient.key: recipient for recipient in rows}
    named: dict[str, Collection[str]] = {NAMES: names, TITLES: titles, ADDRESSES: local}
    faults += _recipient_faults(recipients, named, governments)
    bodies = _complaint_bodies(folder / "complaint_bodies.csv", governments, faults)
    if faults:
        raise ContentError(faults)
    return ReferenceData(governments, recipients, bodies)


def _by_language(path: Path, column: str, faults: list[str]) -> dict[str, dict[str, str]]:
    """Return the recipients' names or titles by key and language."""

    def read(row: dict[str, str]) -> tuple[str, str, str]:
        key, language, text = row["recipient"], row["language"], row[column]
        if not (is_recipient_key(key) and language and text and row["source"]):
            raise ValueError(
                f"a {column} needs a recipient such as DE/justice, a language and a source"
            )
        return key, language, text

    found: dict[str, dict[str, str]] = {}
    for key, language, text in parse_rows(path, read, faults):
        found.setdefault(key, {})[language] = text
    return found


def _local_addresses(path: Path, faults: list[str]) -> dict[str, dict[str, LocalAddress]]:
    """Return postal addresses in single languages by key and language."""

    def read(row: dict[str, str]) -> tuple[str, str, LocalAddress]:
        lines = tuple(line.strip() for line in row["lines"].split(";"))
        if not (is_recipient_key(row["recipient"]) and row["language"] and all(lines)):
            raise ValueError(
                "an address needs a recipient such as DE/justice, a language and lines"
            )
        if not row["source"]:
            raise ValueError("an address without a source")
        return row["recipient"], row["language"], LocalAddress(lines, row["source"])

    found: dict[str, dict[str, LocalAddress]] = {}
    for key, language, address in parse_rows(path, read, faults):
        found.setdefault(key, {})[language] = address
    return found


def _recipient_faults(
    recipients: Mapping[str, ReferenceRecipient],
    named: Mapping[str, Collection[str]],
    governments: Collection[str],
) -> Iterator[str]:
    for key in (recipient_key(code) for code in governments):
        if key not in recipients:
            yield f"{RECIPIENTS}: there is no {key}"
    for file, keys in named.items():
        for key in keys:
            if key not in recipients:
                yield f"{file}: {RECIPIENTS} does not have {key}"
    for key, recipient in recipients.items():
        if government_of(key) not in {*governments, UNION}:
            yield f"{RECIPIENTS}: governments.csv does not have the government of {key}"
        if recipient.email and not recipient.email_source:
            yield f"{RECIPIENTS}: {key}: an e-mail without a source"
        if recipient.postal_lines and not recipient.postal_source:
            yield f"{RECIPIENTS}: {key}: an address without a source"


def _complaint_bodies(
    path: Path, governments: Collection[str], faults: list[str]
) -> dict[str, SupervisoryAuthority]:
    """Return the rows that are filled in; each needs every value, including its source."""
    found = {}
    columns = ("government", "name", "language", "website", "source")
    for code, *told in parse_rows(path, lambda row: [row[name] for name in columns], faults):
        if code not in governments:
            faults.append(f"{path.name}: there is no government {code}")
        if any(told) and not all(told):
            faults.append(f"{path.name}: {code}: name, language, website and source, or nothing")
        if all(told):
            name, language, website, _ = told
            found[code] = SupervisoryAuthority(name, language, website)
    return found


def parse_rows(
    path: Path, read: Callable[[dict[str, str]], Read], faults: list[str]
) -> Iterator[Read]:
    """Yield the parsed rows of a file; add a fault for each that cannot be parsed."""
    for number, row in _rows(path, faults):
        try:
            yield read(row)
        except KeyError as error:
            faults.append(f"{path.name}: line {number}: there is no {error}")
        except ValueError as error:
            faults.append(f"{path.name}: line {number}: {error}")


def _rows(path: Path, faults: list[str]) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(f"{path.name}: cannot be read: {error}")
        return []


def _tile(row: dict[str, str]) -> tuple[str, tuple[int, int]]:
    column, line = int(row["column"]), int(row["row"])
    if column not in range(TILE_COLUMNS) or line not in range(TILE_ROWS):
        raise ValueError(
            f"the map has columns 0 to {TILE_COLUMNS - 1} and rows 0 to {TILE_ROWS - 1}"
        )
    return row["code"], (column, line)


def _membership(row: dict[str, str]) -> tuple[str, Membership]:
    if not (row["union"] and row["source"]):
        raise ValueError("a membership needs a union and a source")
    left = date.fromisoformat(row["left"]) if row["left"] else None
    return row["government"], Membership(row["union"], date.fromisoformat(row["joined"]), left)


def _recipient(
    row: dict[str, str],
    names: Mapping[str, Mapping[str, str]],
    titles: Mapping[str, Mapping[str, str]],
    local_addresses: Mapping[str, Mapping[str, LocalAddress]],
) -> ReferenceRecipient:
    key = row["recipient"]
    if not is_recipient_key(key) or key not in names:
        raise ValueError(f"{key!r} should be like DE/justice, and have a name in {NAMES}")
    return ReferenceRecipient(
        key=key,
        names=names[key],
        titles=titles.get(key, {}),
        letter_languages=tuple(row["letter_languages"].split()),
        website=row["website"],
        postal_lines=_postal_lines(row, names[key].values()),
        postal_source=row["source_url"],
        local_addresses=local_addresses.get(key, {}),
        email=row["contact_email"],
        email_source=row["source_url"] if row["contact_email"] else "",
        zone=_zone(row["time_zone"]),
    )


@lru_cache(maxsize=100)
def _time_zone(name: str) -> ZoneInfo:
    """Return a time zone and keep it, so that it is read once: `zoneinfo` itself keeps eight."""
    return ZoneInfo(name)


def _zone(name: str) -> str:
    try:
        return _time_zone(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"time_zone should be like Europe/Athens, not {name!r}") from None


def _postal_lines(row: dict[str, str], names: Collection[str]) -> tuple[str, ...]:
    """Return the lines under the recipient's name; a separate postal address is preferred."""
    if row["postal_line"]:
        lines = row["postal_line"].split(", ")
        # Some postal addresses begin with the name, which is printed above them anyway.
        return tuple(line for line in lines if line not in names)
    town = f"{row['postcode']} {row['city']}".strip()
    return tuple(line for line in (row["street"], town) if line)
