"""Texts and bytes that break parsers far more often than chance would."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import example, strategies as st

from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Test = TypeVar("Test", bound="Callable[..., Any]")

STRANGE_FRAGMENTS = (
    *(
        "",
        " ",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\x1b",
        "\x7f",
        "\x85",
        "\u2028",
        "\u00a0",
        "\ufeff",
    ),
    *("\u200b", "\u200d", "\u00ad", "\u202e", "\u2066", "\u115f", "\ud800", "\udcff", "\ufffe"),
    *("\u0301", "\u0316", "\u0345", "\u0344", "\u302e", "\ufe0f", "\u1161", "\uac00", "\ufdfa"),
    *("ß", "İ", "\u0130", "\u212a", "\u1e9e", "Σ", "²", "\u0663", "\uff1d", "\uff20", "\ufe66"),
    *("=", "=?", "?=", "=?utf-8?q?A=0D=0A=0D=0Ainjected?=", "=?x?b?", "%0d%0a", "\\", "\\u0000"),
    *("<", ">", "<b>", "</", "<!--", "-->", "&", "&#", "&#0;", "{{", "{%", "$", "${", "'", '"'),
    *(
        "@",
        "+",
        "-",
        ".",
        "..",
        "../",
        "/",
        "://",
        ":",
        ";",
        ",",
        "(",
        ")",
        "[",
        "]",
        "#",
        "~",
        "|",
    ),
    *("0", "1", "-1", "1e999", "nan", "9" * 30, "true", "null", "2026-11-02", "08:30", "+00:00"),
    *("a", "Testa Example", "testa@example.org", "Bcc: x@example.org", "javascript:", "x" * 300),
)

STRANGE_TEXTS = tuple(
    shape.format(piece)
    for piece in STRANGE_FRAGMENTS
    for shape in ("{}", "Testa{}Example", "{}1", "a{}")
)
"""Each piece alone, between, before and behind what is usual."""

ANY_TEXT = st.one_of(
    st.sampled_from(STRANGE_TEXTS),
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(STRANGE_FRAGMENTS), max_size=8).map("".join),
    st.lists(st.one_of(st.text(max_size=4), st.sampled_from(STRANGE_FRAGMENTS)), max_size=8).map(
        "".join
    ),
)
"""Any text at all, also with halves of characters."""

WHOLE_TEXT = ANY_TEXT.map(lambda text: text.encode("utf-8", "ignore").decode())

ANY_BYTES = st.one_of(st.binary(), ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))


def corrupted(good: bytes) -> st.SearchStrategy[bytes]:
    """Give good bytes that were cut, doubled, or changed in some places."""
    places = st.integers(0, len(good) - 1)

    def changed(changes: list[tuple[int, int]]) -> bytes:
        wire = bytearray(good)
        for place, byte in changes:
            wire[place] = byte
        return bytes(wire)

    return st.one_of(
        places.map(lambda place: good[:place]),
        places.map(lambda place: good[place:]),
        places.map(lambda place: good[:place] + good),
        st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4).map(changed),
        st.tuples(places, ANY_BYTES).map(lambda one: good[: one[0]] + one[1] + good[one[0] :]),
    )


def with_examples(name: str, values: Iterable[object]) -> Callable[[Test], Test]:
    """Let a test see each of these values too, under the name of its argument."""

    def seen(test: Test) -> Test:
        for value in values:
            test = example(**{name: value})(test)
        return test

    return seen


UNITS = (
    *("a", "A", "0", " ", "\t", "\n", ".", "@", "<", "&", "=", "?", "(", ":", ";", ",", '"', "\\"),
    *("\u0301", "\u0301\u0316", "\u0f71\u0f72\u0f74", "\u302e\u302f", "\u200d", "ß", "\ufdfa"),
    *("a.", "a@", ".a/", "<a ", "<!--", "</", "=?a?q? ", "&#1", "\n \n", "a;", "www."),
)
"""What is said again and again to make a parser look again and again."""

ASCII_UNITS = tuple(unit for unit in UNITS if unit.isascii())

_SHORT, _LONG = 16 * 1024, 64 * 1024
_NOISE = 0.3
_TRIES = 3


def superlinear_units(parse: Callable[[str], object], units: Iterable[str] = UNITS) -> list[str]:
    """Return of which units a text four times as long takes not four times as long but sixteen.

    In the process's own seconds; what is done in a few tenths of them is quick in any case.
    """
    return [unit for unit in units if not _grows_evenly(parse, unit)]


def _grows_evenly(parse: Callable[[str], object], unit: str) -> bool:
    """Return whether it does in any of a few tries: other processes slow one, no parser does."""
    return any(_grew_evenly(parse, unit) for _ in range(_TRIES))


def _grew_evenly(parse: Callable[[str], object], unit: str) -> bool:
    longer = _seconds(parse, unit, _LONG)
    return longer < _NOISE or longer < 8 * _seconds(parse, unit, _SHORT)


def _seconds(parse: Callable[[str], object], unit: str, length: int) -> float:
    text = (unit * length)[:length]
    began = time.process_time()
    with suppress(CampaignError):
        parse(text)
    return time.process_time() - began
