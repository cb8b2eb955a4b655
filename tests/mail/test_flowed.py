"""What is flowed is, made whole again, what it was (RFC 3676)."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings, strategies as st

from campaign.errors import InvalidText
from campaign.language.text import clean_paragraphs
from campaign.mail.flowed import flow, strip_trailing_spaces, unflow
from tests.fuzz.strategies import superlinear_units
from tests.helpers.flowed_text import as_rfc_3676_reads_it

PIECES = ("word", "ж", "é", "x" * 40, "x" * 71, "x" * 79, "https://a.example/" + "y" * 90)
SHORT = (" ", "  ", "\n", "\n\n", ">", "> ", "From ", "-- ", "--", "-", "\u00a0", "\u3000", "\t")
TEXTS = st.lists(st.sampled_from([*PIECES, *SHORT, " ", " "]), max_size=80).map("".join)
WORDS = " ".join(["word"] * 30)


@settings(deadline=None, database=None)
@given(TEXTS)
@example("-- \n-- \n")
@example("-- " + "x" * 90)
@example(f"{'x' * 70} -- {'y' * 90} z")
@example(" " * 200 + "x" * 90 + " " * 200 + "y")
def test_any_text_is_whole_again(text: str) -> None:
    meant = strip_trailing_spaces(text)
    flowed = flow(meant)
    assert as_rfc_3676_reads_it(flowed) == meant
    assert unflow(flowed) == meant


@settings(deadline=None, database=None)
@given(st.text())
def test_so_is_a_text_of_any_characters(text: str) -> None:
    meant = strip_trailing_spaces(text)
    assert as_rfc_3676_reads_it(flow(meant)) == unflow(flow(meant)) == meant


@settings(deadline=None, database=None)
@given(TEXTS)
def test_no_line_is_longer_than_a_mail_program_shows_where_it_has_a_space(text: str) -> None:
    for line in flow(strip_trailing_spaces(text)).split("\n"):
        if len(line) > 78:
            # Before its last word, or behind the separator of signatures, there is no place.
            assert " " not in line.strip(" ").removeprefix("-- ")


@settings(deadline=None, database=None)
@given(TEXTS)
def test_nothing_that_people_write_loses_a_space(text: str) -> None:
    try:
        kept = clean_paragraphs(text)
    except InvalidText:
        return
    assert strip_trailing_spaces(kept) == re.sub("^-- $", "--", kept, flags=re.MULTILINE) == kept


@pytest.mark.parametrize(
    ("text", "flowed"),
    [
        ("", ""),
        ("Dear Minister,\n\nplease.\n", "Dear Minister,\n\nplease.\n"),
        ("x" * 78, "x" * 78),
        ("word " * 15 + "end", "word " * 15 + "end"),
        ("word " * 15 + "ends", "word " * 14 + "\nword ends"),
        ("x" * 100 + " y", "x" * 100 + " \ny"),
        ("x" * 100, "x" * 100),
        (" a", "  a"),
        (">a", " >a"),
        ("From me", " From me"),
        ("Fromage", "Fromage"),
        (f"{'word ' * 14}>word", "word " * 14 + ">word"),
        (f"{'word ' * 14}>word {'x' * 20}", "word " * 14 + "\n >word " + "x" * 20),
        (f"{'word ' * 14}From {'x' * 20}", "word " * 14 + "\n From " + "x" * 20),
        (f"{'word ' * 14} two{'x' * 20}", "word " * 14 + " \ntwo" + "x" * 20),
        (f"{'word ' * 14}-- {'x' * 90}", "word " * 14 + "\n-- " + "x" * 90),
        ("end\n-- \nfoot", "end\n-- \nfoot"),
        ("ж" * 50 + " " + "ж" * 50, "ж" * 50 + " \n" + "ж" * 50),
        ("word\u00a0" * 20, "word\u00a0" * 20),
    ],
)
def test_where_a_line_is_broken(text: str, flowed: str) -> None:
    assert flow(text) == flowed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a \n-- \nb  \n\n \n--  \n", "a\n-- \nb\n\n\n--\n"),
        ("no-break\u00a0\ntab\t", "no-break\u00a0\ntab\t"),
    ],
)
def test_only_plain_spaces_at_ends_of_lines_go(text: str, meant: str) -> None:
    assert strip_trailing_spaces(text) == meant


@pytest.mark.parametrize("written", [flow, unflow, strip_trailing_spaces])
def test_no_text_is_looked_at_again_and_again(written: object) -> None:
    assert callable(written)
    assert superlinear_units(written, (" ", ">", "x ", " \n", "-- ", "-- \n", "> ", "From ")) == []
