"""Whatever stands in a table that leaves, it is read back as it was and run by no spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings, strategies as st

from campaign.errors import InvalidText
from campaign.exports import formats
from campaign.language.text import clean_paragraphs
from tests.exports.workbook import first_sheet
from tests.fuzz import bounded
from tests.fuzz.strategies import (
    STRANGE_TEXTS as ALL_STRANGE,
    WHOLE_TEXT,
    superlinear_units,
    with_examples,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
STARTS = ("", " ", "\t", "\r", "\n", "'", '"', "\ufeff", "\u200b", "\u3000", "\u0301", "\u3164")
FORMULAS = st.tuples(
    st.lists(st.sampled_from(STARTS)).map("".join), st.sampled_from(SIGNS), WHOLE_TEXT
).map("".join)
STRANGE = [text for text in ALL_STRANGE if text.encode("utf-8", "ignore").decode() == text]
CELLS = st.one_of(WHOLE_TEXT, FORMULAS)


def is_kept(text: str) -> bool:
    """Say whether a text has the form in which texts of people are kept."""
    try:
        return clean_paragraphs(text) == text
    except InvalidText:
        return False


def written(name: str, rows: Sequence[Sequence[object]]) -> bytes:
    return b"".join(formats.load(name).pieces(("one", "two"), iter(rows)))


def begins_like_a_formula(text: str) -> bool:
    """Say whether the first character that anybody sees is a sign, or a cell begins with a tab."""
    seen = (one for one in text if one not in "'\"" and unicodedata.category(one)[0] not in "ZCM")
    return text[:1] in ("\t", "\r", "\n") or next(seen, " ") in SIGNS


@bounded
@given(one=CELLS)
@with_examples(
    "one", (*STRANGE, *(f"{start}{end}" for start in STARTS for end in ("=1+1", "plain")))
)
@with_examples("one", (f"Testa{start}=1+1;x" for start in (";", "; ", ";;", ';"', ";\u200b")))
def test_no_cell_of_csv_begins_like_a_formula_and_each_reads_back(one: str) -> None:
    text = written("csv", [(one, one)]).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    for cell in row.values():
        # Where a comma is the decimal sign, a spreadsheet may separate by semicolons.
        for kept, typed in zip(cell.split(";"), one.split(";"), strict=True):
            assert kept == f"'{typed}" or (kept == typed and not begins_like_a_formula(typed))
            assert kept == typed or not re.match("[A-Za-z0-9]", typed)


@bounded
@given(one=CELLS, two=CELLS)
def test_each_cell_of_json_lines_reads_back_from_a_line_of_its_own(one: str, two: str) -> None:
    made = written("jsonl", [(one, two), (two, one)]).decode()
    assert [line.strip() for line in made.split("\n")] == [*made.split("\n")[:2], ""]
    lines = [json.loads(line) for line in made.split("\n")[:2]]
    assert lines == [{"one": one, "two": two}, {"one": two, "two": one}]


@settings(bounded, max_examples=10)
@given(texts=st.lists(CELLS.filter(is_kept), max_size=8))
@example(texts=[text for text in (*STRANGE, *(f"{one}1+1" for one in SIGNS)) if is_kept(text)])
def test_each_text_that_is_kept_reads_back_from_a_workbook_and_is_no_formula(
    texts: list[str],
) -> None:
    rows = [[text, "x"] for text in texts if text]
    assert first_sheet(written("xlsx", rows))[1:] == rows


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_no_cell_is_looked_at_again_and_again(name: str) -> None:
    assert superlinear_units(lambda text: written(name, [(text, "")])) == []
