"""What text from people is accepted, and in which form it is kept."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from campaign.errors import InvalidText
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs, normalise_name

if TYPE_CHECKING:
    from collections.abc import Callable

    Clean = Callable[[str], str]

CLEANERS = (clean_line, clean_paragraphs, clean_name, clean_town)
REASONS = {
    *("too-many-marks", "encoded-word"),
    *("no-letter", "no-letter-in-town", "link-in-name"),
}

# Mostly what people type, with the characters that break things far more often than by chance.
PIECES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=6),
    st.text("aE Éß\u0301\u0316\u0345ΐ가ᄀ\u1161\u11a8-’", max_size=6),
    st.sampled_from(["\t", "  ", "\u3000", "\u200b", "\u200d", "\ufeff", "\u00ad"]),
)
LINES = st.lists(PIECES, max_size=8).map("".join)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n \n\n\n"])
PARAGRAPHS = st.lists(st.one_of(LINES, ENDS), max_size=6).map("".join)
ANYTHING = st.one_of(st.text(), LINES, st.sampled_from(["=?", "=\u200b?", "a\x85", "\u2028"]))

unhurried = settings(deadline=None, database=None)


def accepted(clean: Clean, text: str) -> str:
    """Return the form that is kept; texts that are refused are no example."""
    try:
        return clean(text)
    except InvalidText:
        assume(False)
        raise


KEPT = pytest.mark.parametrize(
    ("clean", "texts"),
    [
        (clean_line, LINES),
        (clean_paragraphs, PARAGRAPHS),
        (clean_name, LINES.map("Testa{}".format)),
    ],
)


@KEPT
@unhurried
@given(data=st.data())
def test_what_is_kept_is_kept_as_it_is_the_second_time(
    data: st.DataObject, clean: Clean, texts: st.SearchStrategy[str]
) -> None:
    kept = accepted(clean, data.draw(texts))
    assert clean(kept) == kept


@KEPT
@unhurried
@given(data=st.data())
def test_what_is_kept_is_composed_and_has_no_control_characters(
    data: st.DataObject, clean: Clean, texts: st.SearchStrategy[str]
) -> None:
    kept = accepted(clean, data.draw(texts))
    allowed = "\n" if clean is clean_paragraphs else ""
    categories = {unicodedata.category(c) for c in kept if c not in allowed}
    assert unicodedata.is_normalized("NFC", kept)
    assert not categories & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert {c for c in kept if unicodedata.category(c) == "Cf"} <= {"\u200c", "\u200d"}


@unhurried
@given(text=ANYTHING)
def test_no_text_at_all_does_more_than_being_refused(text: str) -> None:
    for clean in CLEANERS:
        try:
            kept = clean(text)
        except InvalidText as refused:
            assert refused.reason in REASONS  # noqa: PT017 - either is fine
        else:
            assert clean(kept) == kept


@unhurried
@given(text=PARAGRAPHS)
def test_paragraphs_have_at_most_one_empty_line_between_them_and_no_loose_ends(text: str) -> None:
    kept = accepted(clean_paragraphs, text)
    assert "\n\n\n" not in kept
    assert kept == kept.strip()
    assert all(line == line.rstrip() for line in kept.split("\n"))


@pytest.mark.asvs("1.3.3", "2.2.1")
@pytest.mark.parametrize(
    "character",
    [
        *("\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ud800", "\ue000", "\uf8ff", "\U000e0fff"),
        *("\u00ad", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff", "\ufffc", "\u3164"),
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ],
)
@pytest.mark.parametrize("clean", CLEANERS)
def test_what_nobody_can_see_or_what_reorders_a_text_is_taken_out(
    clean: Clean, character: str
) -> None:
    assert clean(f"Testa{character} Example{character}") == "Testa Example"


LINE_BREAKS = ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_line_break_of_any_system_is_one_or_a_space_where_one_line_is_asked_for(
    line_break: str,
) -> None:
    assert clean_paragraphs(f"one{line_break}two") == "one\ntwo"
    for clean in (clean_line, clean_name):
        assert clean(f"Testa{line_break}Example") == "Testa Example"
    with pytest.raises(InvalidText):
        clean_name(f"Testa{line_break}Bcc: everybody@example.org")


@pytest.mark.parametrize("bullet", ["\uf0b7", "\uf0a7", "\uf0d8", "\uf0fc", "\uf076", "\uf02d"])
def test_a_bullet_of_a_word_processors_symbol_font_is_a_bullet(bullet: str) -> None:
    pasted = f"My points:\v{bullet}\tFirst\u2028{bullet}\uf020Second"
    assert clean_paragraphs(pasted) == "My points:\n• First\n• Second"


@pytest.mark.parametrize(
    "emoji", ["🙂", "👩\u200d🚀", "❤\ufe0f", "🇪🇺", "👍🏽", "\U0001fae8", "\U0001faea"]
)
def test_an_emoji_stays_whole_also_one_that_is_newer_than_our_tables(emoji: str) -> None:
    assert clean_paragraphs(f"Thanks {emoji}") == f"Thanks {emoji}"


def test_line_breaks_of_every_system_become_line_feeds() -> None:
    assert clean_paragraphs("one\r\ntwo\rthree\nfour") == "one\ntwo\nthree\nfour"


def test_invisible_format_characters_are_dropped_and_joiners_stay() -> None:
    assert clean_line("a\u200bb\u00adc\ufeffd") == "abcd"
    assert clean_line("می\u200cخواهم क\u094d\u200dष") == "می\u200cخواهم क\u094d\u200dष"


def test_four_marks_on_a_letter_are_a_language_and_five_are_a_pile() -> None:
    assert clean_line("Z" + "\u0316" * 4) == "Z" + "\u0316" * 4
    with pytest.raises(InvalidText) as refused:
        clean_line("Z" + "\u0316" * 5)
    assert refused.value.reason == "too-many-marks"


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
@pytest.mark.parametrize("clean", CLEANERS)
def test_a_pile_with_joiners_in_it_is_still_a_pile(clean: Clean, joiner: str) -> None:
    with pytest.raises(InvalidText) as refused:
        clean("Z" + ("\u0316" * 4 + joiner) * 25)
    assert refused.value.reason == "too-many-marks"


def test_an_encoded_word_cannot_be_smuggled_in_with_an_invisible_character() -> None:
    with pytest.raises(InvalidText) as refused:
        clean_line("=\u200b?utf-8?q?Example?=")
    assert refused.value.reason == "encoded-word"


def test_nothing_typed_is_nothing_kept() -> None:
    assert {clean(" \t ") for clean in CLEANERS} == {""}


@pytest.mark.parametrize("name", ["Testa Example", "Straße", "Μαΐου", "Ελένη", "ﬁn", "ANNE-MARIE"])
def test_a_name_is_found_again_in_small_letters_capitals_and_other_spacing(name: str) -> None:
    sought = normalise_name(name)
    for spelling in (name.upper(), name.lower(), f" {name}  ", unicodedata.normalize("NFD", name)):
        assert normalise_name(spelling) == sought


@unhurried
@given(text=LINES)
@example(text="ß\u0301")
def test_a_normalised_name_is_normalised(text: str) -> None:
    once = normalise_name(text)
    assert normalise_name(once) == once
