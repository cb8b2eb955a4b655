"""What every format of tables keeps to. UPDATE_GOLDEN=1 writes the golden files anew."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from campaign.exports import formats
from campaign.exports.formats import CHUNK_BYTES, xlsx
from campaign.exports.formats.csv import pieces as separated
from campaign.store.sql import Timestamp
from tests.exports.workbook import first_sheet, sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.exports.formats import Format

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
EVERY_KIND = ("text", -1, True, False, None, Timestamp("2026-11-02T09:05:07Z"))

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\rplain"),
    *('"=1', "'=1", " =1", '" =1', "  '\"@x", '="a","b"'),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", " \uff1d1", "\ufe661", "\ufe62x"),
    *("\u00a0=1", "\ufeff=1", "\u200b=1", "\u2060+1", "\u3000@x", "\u202e-1", "\u3164=1"),
    *("\x00=1", "\u0301=1", "\ufe0f=1", "\u2028=1", "\u00ad \ufeff'\uff1d1"),
)


@pytest.fixture(params=formats.available())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def form(name: str) -> Format:
    return formats.load(name)


def written(form: Format, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    return b"".join(form.pieces(columns, iter(rows)))


def read(name: str, made: bytes) -> list[dict[str, str]]:
    """Read a format back with the standard library; a new format is added here."""
    if name == "jsonl":
        rows = [json.loads(line) for line in made.decode().splitlines()]
        return [{key: str(value) for key, value in row.items()} for row in rows]
    if name == "xlsx":
        header, *cells = first_sheet(made)
        return [dict(zip(header, map(str, row), strict=True)) for row in cells]
    assert name == "csv"
    return list(csv.DictReader(io.StringIO(made.decode(), newline=""), strict=True))


def test_formats_are_found_by_their_names() -> None:
    assert formats.available() == ("csv", "jsonl", "xlsx")


@pytest.mark.parametrize("text_format", ["csv", "jsonl"])
def test_a_format_is_as_it_always_was(text_format: str) -> None:
    golden = GOLDEN / f"counts.{text_format}"
    produced = written(formats.load(text_format), COLUMNS, ROWS)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_bytes(produced)
    assert produced == golden.read_bytes()


def test_media_type_and_suffix_are_said(name: str, form: Format) -> None:
    assert form.MEDIA_TYPE.partition("/")[0] in {"text", "application"}
    assert f".{name}" == form.SUFFIX


@pytest.mark.asvs("1.2.3")
def test_what_was_written_reads_back_the_same(name: str, form: Format) -> None:
    kept = [row for row in ROWS if row[2] not in FORMULAS]
    expected = [dict(zip(COLUMNS, map(str, row), strict=True)) for row in kept]
    assert read(name, written(form, COLUMNS, kept)) == expected


def test_without_rows_the_file_is_still_whole(name: str, form: Format) -> None:
    assert read(name, written(form, COLUMNS, [])) == []


@pytest.mark.parametrize("text_format", ["csv", "jsonl"])
def test_the_first_line_leaves_at_once_and_the_others_in_pieces(text_format: str) -> None:
    taken = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal taken
        for taken in range(1, 20_001):
            yield (f"row-{taken}-end", date(2026, 11, 2), "", taken)

    pieces = formats.load(text_format).pieces(COLUMNS, rows())
    next(pieces)
    assert taken <= 1
    sizes = []
    for piece in pieces:
        sizes.append(len(piece))
        assert f"row-{taken}-end".encode() in piece
    assert len(sizes) > 5
    assert max(sizes) < CHUNK_BYTES + 100


def test_csv_ends_every_line_as_the_standard_says() -> None:
    """RFC 4180: CRLF, a header row, quotes doubled, no space added."""
    made = written(formats.load("csv"), ("a", "b"), [('x "y", z', 1), ("two\nlines", 2)])
    assert made == b'a,b\r\n"x ""y"", z",1\r\n"two\nlines",2\r\n'


CELLS = st.text('a",\r\n é').map("x{}".format)


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=4)))
def test_csv_is_to_the_byte_what_the_standard_library_writes(rows: list[tuple[str, ...]]) -> None:
    columns = ("a", "b", "c")[: len(rows[0])] if rows else ("a",)
    expected = io.StringIO()
    csv.writer(expected).writerows([columns, *rows])
    assert written(formats.load("csv"), columns, rows) == expected.getvalue().encode()


@given(st.lists(st.tuples(CELLS, CELLS.map("{};".format)), max_size=4))
def test_so_it_is_with_semicolons(rows: list[tuple[str, ...]]) -> None:
    expected = io.StringIO()
    csv.writer(expected, delimiter=";").writerows([("a", "b"), *rows])
    made = b"".join(separated(("a", "b"), rows, separator=";"))
    assert made.replace(b",'", b",") == expected.getvalue().replace(",'", ",").encode()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("a,=1+1", "a,'=1+1"),
        ("a, @b", "a,' @b"),
        ('a,"=1', "a,'\"=1"),
        ("a;=1+1", "a;=1+1"),
        ("Dear Minister,\n\n- one", "Dear Minister,\n\n- one"),
        ("a,b", "a,b"),
    ],
)
def test_with_semicolons_a_formula_behind_a_comma_is_defused(text: str, written: str) -> None:
    """For the spreadsheets that separate by commas; a new line begins a row there, and no cell."""
    made = b"".join(separated(("cell", "n"), [(text, 1)], separator=";"))
    _, row = csv.reader(io.StringIO(made.decode(), newline=""), delimiter=";", strict=True)
    assert row == [written, "1"]


def test_an_empty_cell_alone_in_its_line_is_still_a_line() -> None:
    rows = [("",), (None,)]
    assert read("csv", written(formats.load("csv"), ("a",), rows)) == [{"a": ""}, {"a": ""}]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_csv_defuses_what_a_spreadsheet_would_run(text: str) -> None:
    (row,) = read("csv", written(formats.load("csv"), ("cell",), [(text,)]))
    assert row["cell"] == f"'{text}"


@pytest.mark.parametrize(
    "value", ["plain", "a=b", "a-b", "1+1", "x@example.org", "'quoted'", "", -1, date(2026, 11, 2)]
)
def test_csv_leaves_everything_else_as_it_is(value: Any) -> None:
    (row,) = read("csv", written(formats.load("csv"), ("cell", "n"), [(value, 1)]))
    assert row["cell"] == str(value)


def test_a_workbook_keeps_the_texts_of_formulas_links_and_numbers_as_texts() -> None:
    texts = [*FORMULAS, "https://example.org/", "007", "_x0041_"]
    cells = [
        cell
        for (cell,) in first_sheet(written(formats.load("xlsx"), ("a",), [(one,) for one in texts]))
    ]
    assert cells == ["a", *texts]


def test_each_kind_of_value_stays_what_it_is() -> None:
    columns = tuple("abcdef")
    rows = [EVERY_KIND]
    assert first_sheet(written(formats.load("xlsx"), columns, rows))[1] == [
        *("text", -1, True, False, None),
        datetime(2026, 11, 2, 9, 5, 7),  # noqa: DTZ001 - spreadsheets know no zone
    ]
    lines = written(formats.load("csv"), columns, rows).splitlines()
    assert lines[1] == b"text,-1,true,false,,2026-11-02T09:05:07Z"
    assert json.loads(written(formats.load("jsonl"), columns, rows)) == {
        "a": "text",
        "b": -1,
        "c": True,
        "d": False,
        "e": None,
        "f": "2026-11-02T09:05:07Z",
    }


def test_a_time_that_is_no_moment_is_refused_and_not_cut_to_its_day(form: Format) -> None:
    with pytest.raises(TypeError, match="moments"):
        written(form, ("at",), [(datetime(2026, 11, 2, 9, 5, tzinfo=UTC),)])


def test_a_table_longer_than_a_sheet_goes_on_on_a_second_one() -> None:
    made = b"".join(xlsx.pieces(("n",), [(n,) for n in range(5)], sheet_rows=3))
    assert sheets(made) == [[["n"], [0], [1]], [["n"], [2], [3]], [["n"], [4]]]


def test_a_workbook_leaves_nothing_behind_also_when_nobody_takes_it(tmp_path: Path) -> None:
    usual = tempfile.tempdir
    tempfile.tempdir = str(tmp_path)
    try:
        pieces = xlsx.pieces(COLUMNS, ROWS)
        while not next(pieces):
            pass
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        pieces.close()  # type: ignore[attr-defined]
        assert list(tmp_path.iterdir()) == []
    finally:
        tempfile.tempdir = usual


def test_json_refuses_a_row_that_does_not_fit_its_columns() -> None:
    with pytest.raises(ValueError, match="zip"):
        written(formats.load("jsonl"), COLUMNS, [("DE", 1)])
