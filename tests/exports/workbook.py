"""Workbooks read back with the standard library: only what ours have in them."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zone
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def first_sheet(made: bytes) -> list[list[Any]]:
    return sheets(made)[0]


def sheets(made: bytes) -> list[list[list[Any]]]:
    """Return each sheet's rows; no cell of ours is a formula."""
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        looks = _looks(book.read("xl/styles.xml"))
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return [_rows(book.read(name), looks) for name in names]


def _looks(styles: bytes) -> list[str]:
    """Return the number format of each style."""
    root = ET.fromstring(styles)  # noqa: S314 - made by ourselves
    formats = {one.get("numFmtId"): one.get("formatCode") for one in root.iter(f"{_MAIN}numFmt")}
    (cells,) = root.iter(f"{_MAIN}cellXfs")
    return [formats.get(one.get("numFmtId")) or "" for one in cells]


def _rows(sheet: bytes, looks: list[str]) -> list[list[Any]]:
    root = ET.fromstring(sheet)  # noqa: S314 - made by ourselves
    assert next(root.iter(f"{_MAIN}f"), None) is None, "a formula"
    rows = [
        {_column(cell): _value(cell, looks) for cell in row} for row in root.iter(f"{_MAIN}row")
    ]
    return [[row.get(column) for column in range(len(rows[0]))] for row in rows]


def _column(cell: ET.Element) -> int:
    letters = re.sub(r"\d", "", cell.get("r") or "")
    assert len(letters) == 1
    return ord(letters) - ord("A")


def _value(cell: ET.Element, looks: list[str]) -> Any:
    text = "".join(cell.itertext())
    match cell.get("t"):
        case "inlineStr":
            return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)
        case "b":
            return text == "1"
    look = looks[int(cell.get("s") or 0)]
    if look == "yyyy-mm-dd":
        return (_FIRST_DAY + timedelta(days=int(text))).date()
    if look:
        return _FIRST_DAY + timedelta(seconds=round(float(text) * 86_400))
    return int(text)
