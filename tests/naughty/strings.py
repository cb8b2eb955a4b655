"""The big list of naughty strings, what it leaves out, and how strings are put through forms."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from campaign.errors import InvalidText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

URLENCODED = "application/x-www-form-urlencoded"
LONG = 1_000
MOST, FIELDS = 60_000, 150
"""Bytes and number of a form's naughty fields: the site takes 65,536 and 200 of the whole."""

EXTRA_STRINGS = (
    *("\0", "Testa\0Example", "\ud800", "Testa\udfff\udc00Example", "\ufffe\uffff"),
    *("Testa\r\nBcc: testa@example.org", "line\nbreak", "\u2028\u2029", "\x85", "\x7f"),
    *(f"-{'9' * 40}", "0001-01-01", "9999-12-31T23:59:59", "00000000000000000-99999"),
    *("=?utf-8?q?Testa=0D=0ABcc:_testa=40example.org?=", "=1+1", "@SUM(A1)", "\t=1"),
    *("{{ 7 * 7 }}", "{% for %}", "${name}", "$government", "%(name)s", "%n%(", "<bdi>Naughty"),
    *("</textarea><script>alert(1)</script>", "--></style></title><img src=x onerror=alert(1)>"),
    *("\U000e0041Testa", "\ue000", "\u0378", "\u3164", "Testa\u202eelpmaxE", "\ufdfa" * 40),
    *(
        "Testa" + "\u0301" * LONG,
        "x" * (LONG + 1),
        "<i " * LONG,
        '"' * (LONG + 1),
        "\u00df" * 2_000,
    ),
)
"""What the list leaves out: NUL, halves of characters, line breaks, and what is very long."""

REFUSED = "Z" + "\u0316" * 5
"""What no field takes, also where it takes everything else."""

_LIST = json.loads(Path(__file__).with_name("blns.json").read_text(encoding="utf-8"))
STRINGS: tuple[str, ...] = tuple(dict.fromkeys([*_LIST, *EXTRA_STRINGS]))
"""Each once."""


def is_special(text: str) -> bool:
    """Say whether a string has what databases stumble over: controls, NUL, halves, or length."""
    odd = any(unicodedata.category(one) in {"Cc", "Cs"} for one in text)
    return odd or len(text) > LONG


def is_read(text: str) -> bool:
    """Say whether a number, a day or a moment can be made of a string."""
    for read in (int, datetime.fromisoformat):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


PARSEABLE = tuple(text for text in STRINGS if is_read(text))
"""What a field for a number, a day or a moment takes for one."""

SAMPLE = tuple(text for number, text in enumerate(STRINGS) if is_special(text) or number % 20 == 0)
"""What the second database gets: every special string, and some of the others."""


def as_received(text: str) -> str:
    """Return a text as a form brings it, with line feeds; halves of characters stay encoded."""
    brought = text.encode("utf-8", "surrogatepass").decode("utf-8", "werkzeug.url_quote")
    return brought.replace("\r\n", "\n").replace("\r", "\n")


def encoded(fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Return a form's fields as a browser sends them, with whatever is in them."""
    return urlencode(fields, errors="surrogatepass")


def stored_form(clean: Callable[[str], str], text: str, most: int) -> str:
    """Return the form in which a text is kept; nothing for one that is refused."""
    try:
        cleaned = clean(as_received(text))
    except InvalidText:
        return ""
    return cleaned if len(cleaned) <= most else ""


@cache
def pack_into_fields(
    strings: tuple[str, ...], clean: Callable[[str], str], most: int, between: str = " "
) -> list[str]:
    """Return every string that a field takes, bound together as far as it has room."""
    bound: list[str] = []
    room = 0
    for text in strings:
        cleaned = stored_form(clean, text, most)
        if not cleaned:
            continue
        # What is kept may be longer than what was typed: some letters are taken apart.
        length = max(len(cleaned), len(text))
        fits = bound and length + len(between) <= room
        if fits and stored_form(clean, bound[-1] + between + text, most):
            bound[-1] += between + text
            room -= len(between) + length
        else:
            bound.append(text)
            room = most - length
    assert all(stored_form(clean, sheaf, most) for sheaf in bound)
    return bound


@cache
def pack_into_few_texts(strings: tuple[str, ...], fields: int) -> list[str]:
    """Return all strings in few texts, of which a form may have one in each of its fields."""
    bound: list[list[str]] = []
    room = 0
    for text in strings:
        length = len(encoded({"": text})) * fields
        if not bound or length > room:
            bound.append([])
            room = MOST
        bound[-1].append(text)
        room -= length
    return [" ".join(heap) for heap in bound]


@cache
def pack_into_forms(strings: tuple[str, ...]) -> list[dict[str, str]]:
    """Return all strings, as names and as values, in as many forms as the site's limits need."""
    made: list[dict[str, str]] = []
    room = 0
    for text in strings:
        length = len(encoded({text: text})) + 1
        if not made or length > room or len(made[-1]) == FIELDS:
            made.append({})
            room = MOST
        made[-1][text] = text
        room -= length
    return made


def parts_of(text: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Give forms with a text in each of these fields, in as many as the site's limit needs."""
    at_once = max(MOST // len(encoded({"a-long-name": text})), 1)
    for start in range(0, len(names), at_once):
        yield dict.fromkeys(names[start : start + at_once], text)
