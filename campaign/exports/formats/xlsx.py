"""A workbook for spreadsheet programs (ECMA-376), written with XlsxWriter.

Texts are written as texts, so nothing in them is ever run. A table that is longer than a sheet
continues on another one. While the workbook is made, its rows are stored in a folder of temporary
files that only this user can read, and that is deleted when the file has been passed on.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from campaign.exports.formats import CHUNK_BYTES, format_date
from campaign.store.sql import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX = ".xlsx"

SHEET_ROWS = 1_048_576
"""Maximum rows of a sheet, including the header."""

_LOOKED_AT = 100
_YIELD_EVERY = 500
_NARROWEST, _WIDEST = 8, 60
_FORMATS = {"header": {"bold": True}, "day": {"num_format": "yyyy-mm-dd"}} | {
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"}
}


def pieces(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet_rows: int = SHEET_ROWS
) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="campaign-export-") as folder:
        path = Path(folder, "table.xlsx")
        options = {"constant_memory": True, "tmpdir": folder}
        try:
            with xlsxwriter.Workbook(str(path), options) as book:
                book.use_zip64()
                for _ in _fill(book, columns, iter(rows), sheet_rows - 1):
                    yield b""
        except FileCreateError as error:
            # It wraps an OSError, such as a full disk, which callers handle as one.
            raise error.args[0] from None
        with path.open("rb") as made:
            while piece := made.read(CHUNK_BYTES):
                yield piece


def _fill(
    book: Workbook, columns: Sequence[str], rows: Iterator[Sequence[Any]], most: int
) -> Iterator[None]:
    """Write all rows, and yield now and then."""
    formats = {name: book.add_format(look) for name, look in _FORMATS.items()}
    head = list(islice(rows, _LOOKED_AT))
    widths = [_width(cells) for cells in zip(columns, *head, strict=True)]
    sheet = _sheet(book, columns, widths, formats)
    for number, row in enumerate(chain(head, rows)):
        if number and number % most == 0:
            sheet = _sheet(book, columns, widths, formats)
        for column, value in enumerate(row):
            _write(sheet, number % most + 1, column, value, formats)
        if number % _YIELD_EVERY == 0:
            yield


def _sheet(
    book: Workbook, columns: Sequence[str], widths: Sequence[int], formats: dict[str, Format]
) -> Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for number, (name, width) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, name, formats["header"])
    return sheet


def _width(cells: Iterable[Any]) -> int:
    """Return a width in characters that fits the first cells of a column."""
    longest = max(len(str(cell)) for cell in cells)
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def _write(sheet: Worksheet, row: int, column: int, value: Any, formats: dict[str, Format]) -> None:
    refused: int
    match value:
        case None:
            return
        case Timestamp():
            # Spreadsheets have no time zones.
            naive = value.to_datetime().replace(tzinfo=None)
            refused = sheet.write_datetime(row, column, naive, formats["moment"])
        case str():
            # Never `write`: it would turn texts into formulas, links and numbers.
            refused = sheet.write_string(row, column, value)
        case bool():
            refused = sheet.write_boolean(row, column, value)
        case date():
            midnight = datetime.fromisoformat(format_date(value))
            refused = sheet.write_datetime(row, column, midnight, formats["day"])
        case _:
            refused = sheet.write_number(row, column, value)
    if refused:
        raise ValueError(f"a cell in row {row}, column {column} is too long for a sheet")
