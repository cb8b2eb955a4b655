"""Comma-separated values according to RFC 4180: CRLF, doubled quotes, a header row.

A text that a spreadsheet would run as a formula is prefixed with an apostrophe, also after a
semicolon: where a comma is the decimal sign, spreadsheets separate by semicolons, even within
quotes. A file for these has semicolons itself, and then it is the comma that others separate by.
"""

from __future__ import annotations

import csv
import string
import unicodedata
from datetime import date
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from campaign.exports.formats import format_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
SUFFIX = ".csv"

_COMMA, _END = ",", "\r\n"
_OTHER = {_COMMA: ";", ";": _COMMA}
"""The separator of a spreadsheet that does not expect such a file."""

_PORTION = 250
"""Rows that are written together: some 60 kB."""

# ASCII, full-width and small forms: spreadsheets treat them alike.
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
_HARMLESS_FIRST = frozenset({"", *string.ascii_letters, *string.digits})
"""How the vast majority of cells begins."""
_QUOTES = frozenset("\"'")
# Letters by category, but invisible.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_RUN_BY_THEMSELVES = ("\t", "\r", "\n")


def pieces(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], separator: str = _COMMA
) -> Iterator[bytes]:
    """Yield the table's lines; `separator` is a comma or a semicolon.

    Rows that are bytes are lines already, with commas.
    """
    other = _OTHER[separator]
    yield _encode_lines([columns], separator)
    waiting = iter(rows)
    while portion := list(islice(waiting, _PORTION)):
        if isinstance(portion[0], bytes):
            yield b"".join(cast("list[bytes]", portion))
            continue
        # By column: its type is examined once per portion, and there may be millions of rows.
        columns_of_texts = (_texts(column, other) for column in zip(*portion, strict=True))
        yield _encode_lines(list(zip(*columns_of_texts, strict=True)), separator)


def line(texts: Sequence[str]) -> bytes:
    """Return one row of texts."""
    return _encode_lines([_defused(texts, _OTHER[_COMMA])], _COMMA)


def _encode_lines(rows: Sequence[Sequence[str]], separator: str) -> bytes:
    """Return lines as `csv.writer` writes them, without using it if nothing needs a quote."""
    plainly = _END.join([*map(separator.join, rows), ""])
    ends = len(rows)
    separators = ends * (len(rows[0]) - 1)
    if (
        separators == plainly.count(separator)
        and ends == plainly.count("\n") == plainly.count("\r")
        and '"' not in plainly
        and separators
    ):
        return plainly.encode()
    lines = StringIO()
    csv.writer(lines, delimiter=separator, lineterminator=_END).writerows(rows)
    return lines.getvalue().encode()


def _texts(column: Sequence[Any], other: str) -> Sequence[str]:
    kinds = set(map(type, column))
    if all(issubclass(kind, str) for kind in kinds):
        return _defused(column, other)
    if kinds == {bool}:
        return ["true" if value else "false" for value in column]
    return [_cell(value, other) for value in column]


def _defused(texts: Sequence[str], other: str) -> Sequence[str]:
    if other in "".join(texts):
        return [_escape_formula(text, other) for text in texts]
    return [text if text[:1] in _HARMLESS_FIRST else _escape_formula(text, other) for text in texts]


def _cell(value: Any, other: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return _escape_formula(value, other)
        case bool():
            return "true" if value else "false"
        case date():
            return format_date(value)
    return str(value)


def _escape_formula(value: str, other: str) -> str:
    first, *cells = value.split(other)
    defused = f"'{first}" if _is_formula(first) else first
    if not cells:
        return defused
    # A row also ends at the end of a line: the next line does not begin a cell of this one.
    lines = ((cell, cell.partition("\n")[0]) for cell in cells)
    return other.join(
        [defused, *(f"'{cell}" if _is_formula(line) else cell for cell, line in lines)]
    )


def _is_formula(text: str) -> bool:
    """Return whether a text begins like a formula, ignoring harmless or invisible characters."""
    if text.startswith(_RUN_BY_THEMSELVES):
        return True
    first = next((one for one in text if not _is_ignorable(one)), "")
    return first in _SIGNS


def _is_ignorable(character: str) -> bool:
    """Return whether it is a quote, space, control, accent or format character (such as a BOM)."""
    return (
        character in _QUOTES or character in _FILLERS or unicodedata.category(character)[0] in "ZCM"
    )
