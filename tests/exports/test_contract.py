"""What every format of figures keeps to. UPDATE_GOLDEN=1 writes the golden files anew."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campaign import exports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.exports import Format

GOLDEN = Path(__file__).parent.parent / "golden"

COLUMNS = ("government", "day", "source", "signatures")
ROWS: tuple[tuple[Any, ...], ...] = (
    ("DE", date(2026, 11, 2), "", 3),
    ("GR", date(2026, 11, 3), "άλλο", 12_345),
    ("FR", date(2026, 11, 3), 'a "quoted", comma', 0),
    ("IT", date(2026, 11, 4), "two\nlines", -1),
    ("SI", date(2026, 11, 4), "=1+1", 1),
    ("CY", date(2026, 12, 31), "plain text 🕊️", 7),
)

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\rplain"),
    *('"=1', "'=1", " =1", '" =1', "  '\"@x", '="a","b"'),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", " \uff1d1"),
)


@pytest.fixture(params=exports.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def form(name: str) -> Format:
    return exports.load(name)


def written(form: Format, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    form.write(columns, iter(rows), out)
    return out.getvalue()


def read(name: str, text: str) -> list[dict[str, str]]:
    """Read a format back with the standard library; a new format is added here."""
    if name == "json":
        return [{key: str(value) for key, value in row.items()} for row in json.loads(text)]
    assert name == "csv"
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_and_json_are_found_by_their_names() -> None:
    assert set(exports.names()) >= {"csv", "json"}


def test_a_format_is_as_it_always_was(name: str, form: Format) -> None:
    golden = GOLDEN / f"counts.{name}"
    produced = written(form, COLUMNS, ROWS).encode()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_bytes(produced)
    assert produced == golden.read_bytes()


def test_a_media_type_is_said(form: Format) -> None:
    assert form.MEDIA_TYPE.partition("/")[0] in {"text", "application"}


def test_what_was_written_reads_back_the_same(name: str, form: Format) -> None:
    kept = [row for row in ROWS if row[2] not in FORMULAS]
    expected = [dict(zip(COLUMNS, map(str, row), strict=True)) for row in kept]
    assert read(name, written(form, COLUMNS, kept)) == expected


def test_without_rows_the_file_is_still_whole(name: str, form: Format) -> None:
    text = written(form, COLUMNS, [])
    assert read(name, text) == []
    assert text.endswith("\n")


def test_writing_starts_before_the_rows_end(form: Format) -> None:
    out = io.StringIO(newline="")
    seen = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(100):
            seen.append(out.getvalue())
            yield (f"row-{number}-end", date(2026, 11, 2), "", number)

    form.write(COLUMNS, rows(), out)
    assert all(f"row-{number - 1}-end" in seen[number] for number in range(1, 100))
    assert "row-99-end" in out.getvalue()


def test_csv_ends_every_line_as_the_standard_says() -> None:
    """RFC 4180: CRLF, a header row, quotes doubled, no space added."""
    text = written(exports.load("csv"), ("a", "b"), [('x "y", z', 1), ("two\nlines", 2)])
    assert text == 'a,b\r\n"x ""y"", z",1\r\n"two\nlines",2\r\n'


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_csv_defuses_what_a_spreadsheet_would_run(text: str) -> None:
    (row,) = read("csv", written(exports.load("csv"), ("cell",), [(text,)]))
    assert row["cell"] == f"'{text}"


@pytest.mark.parametrize(
    "value", ["plain", "a=b", "a-b", "1+1", "x@example.org", "'quoted'", "", -1, date(2026, 11, 2)]
)
def test_csv_leaves_everything_else_as_it_is(value: Any) -> None:
    (row,) = read("csv", written(exports.load("csv"), ("cell", "n"), [(value, 1)]))
    assert row["cell"] == str(value)


def test_json_keeps_types_and_the_texts_of_formulas() -> None:
    rows = json.loads(written(exports.load("json"), COLUMNS, ROWS))
    assert [row["signatures"] for row in rows] == [row[3] for row in ROWS]
    assert [row["source"] for row in rows] == [row[2] for row in ROWS]
    assert rows[0]["day"] == "2026-11-02"


def test_json_refuses_a_row_that_does_not_fit_its_columns() -> None:
    with pytest.raises(ValueError, match="zip"):
        written(exports.load("json"), COLUMNS, [("DE", 1)])
