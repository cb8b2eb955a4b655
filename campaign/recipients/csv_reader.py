"""Reader of CSV files as spreadsheets write them, which reports faults in sentences.

Cells are separated by commas, by semicolons (Excel in most of Europe) or by tabs. Text is in UTF-8,
with or without a byte order mark; line breaks are those of any system. For the rest see RFC 4180.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from campaign.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_FILE_BYTES = 8 * 1024 * 1024
"""Far more than a directory of all states has."""

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_SEP_LINE = re.compile(r'"?sep=.?"?[,;\t]*', re.IGNORECASE)
"""Excel's own first line; the columns' names say as much, so it is only skipped."""

_OTHER_CHARSET = (
    "this is not a CSV file in UTF-8. Open it in Excel or LibreOffice, save it as “CSV UTF-8” "
    "(in LibreOffice: as CSV with the character set UTF-8), and import that file"
)
_MAX_QUOTED = 80


@dataclass(frozen=True)
class CsvColumns:
    """The names that a file's columns may have."""

    required: Sequence[str]
    optional: Sequence[str]

    @property
    def known(self) -> set[str]:
        return {*self.required, *self.optional}


def read_csv_rows(
    path: Path, columns: CsvColumns, faults: list[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line in the file and its cells by column; append faults to `faults`.

    Empty rows are skipped. Raise ContentError if the file is not text at all.
    """
    lines = StringIO(read_text(path), newline="").readlines()
    start = 1 if lines and _SEP_LINE.fullmatch(lines[0].strip()) else 0
    header = lines[start] if len(lines) > start else ""
    separator = max(_DELIMITERS, key=lambda one: len(columns.known & set(_names(header, one))))
    names = _names(header, separator)
    if wrong := _faults_of(names, columns):
        faults += [f"line {start + 1}: {fault}" for fault in wrong]
        return
    for number, cells in _parsed(lines, start + 1, separator, faults):
        if len(cells) == len(names):
            yield number, dict(zip(names, cells, strict=True))
        else:
            faults.append(f"line {number}: {_wrong_length(len(cells), len(names), separator)}")


def quote_excerpt(text: str) -> str:
    """Return a text from the file in quotation marks, shortened if it is long."""
    short = text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…"
    return f"“{short}”"


def read_text(path: Path) -> str:
    """Return a file's text; raise ContentError if it is too large or not UTF-8."""
    with path.open("rb") as file:
        read = file.read(MAX_FILE_BYTES + 1)
    if len(read) > MAX_FILE_BYTES:
        raise ContentError([f"this is larger than {MAX_FILE_BYTES // 1024**2} MiB"])
    try:
        text = read.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ContentError([_OTHER_CHARSET]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _names(header: str, separator: str) -> list[str]:
    return [name.strip(' "\n').lower() for name in header.split(separator)]


def _faults_of(names: Sequence[str], columns: CsvColumns) -> list[str]:
    """Return the faults in the columns' names, one sentence for each kind."""
    needed, optional = _listed(columns.required), _listed(columns.optional)
    missing = [name for name in columns.required if name not in names]
    twice = [name for name, times in Counter(names).items() if name and times > 1]
    unknown = sorted(set(names) - columns.known - {""})
    faults = []
    if missing:
        faults.append(f"there is no column {_listed(missing)}; every file has {needed}")
    if twice:
        faults.append(f"the column {_listed(twice)} is there twice")
    if unknown:
        known = f"the columns are {needed}, and where wanted {optional}"
        faults.append(f"{_listed(unknown)} is not a column known here: {known}")
    if "" in names and len(names) > 1:
        faults.append(f"column {names.index('') + 1} has no name")
    return faults


def _listed(names: Sequence[str]) -> str:
    """Return names as a readable list; of very many only the first."""
    shown = [quote_excerpt(name) for name in names[:10]]
    return ", ".join(shown) + (" and more" if len(names) > len(shown) else "")


def _parsed(
    lines: Sequence[str], start: int, separator: str, faults: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the non-empty rows after the header, each with the line it begins in."""
    reader = csv.reader(lines[start:], delimiter=separator, strict=True)
    begins = start + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = start + reader.line_num + 1
    except csv.Error:
        faults.append(
            f"line {begins}: the cells cannot be told apart from here on; most likely a quotation "
            "mark is missing. Put the whole cell in quotation marks, and type each one in it twice"
        )


def _wrong_length(cells: int, names: int, separator: str) -> str:
    said = f"this line has {cells} cells, and the first one {names}"
    name = _DELIMITERS[separator]
    if cells < names:
        return f"{said}: a cell that stays empty needs its {name} too"
    return (
        f"{said}. If the address has a {name} in it, put the address in quotation marks, "
        f'as in "Example Street 1{separator} 10000 Exampletown"'
    )
