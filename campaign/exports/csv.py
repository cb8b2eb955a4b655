"""Comma-separated values as RFC 4180 has them: CRLF, quotes doubled, a header row.

A text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.exports import gathered, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
SUFFIX = ".csv"

# ASCII, full-width and small forms: spreadsheets take them for one another.
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
_QUOTES = frozenset("\"'")
# Letters by their category that nobody can see.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_RUN_BY_THEMSELVES = ("\t", "\r", "\n")


class _Line:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    return gathered(_lines(columns, rows))


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    match value:
        case str():
            return f"'{value}" if _is_formula(value) else value
        case bool():
            return "true" if value else "false"
        case date():
            return plain(value)
    return value


def _is_formula(text: str) -> bool:
    """Say whether a text begins like a formula, also behind what is quiet or invisible."""
    if text[:1].isascii() and text[:1].isalnum():
        # Most cells by far, and there may be millions.
        return False
    if text.startswith(_RUN_BY_THEMSELVES):
        return True
    first = next((one for one in text if not _is_passed_over(one)), "")
    return first in _SIGNS


def _is_passed_over(character: str) -> bool:
    """Spaces, controls, format characters such as zero width and byte order marks, accents."""
    return (
        character in _QUOTES or character in _FILLERS or unicodedata.category(character)[0] in "ZCM"
    )
