"""What CLDR says of each language (Unicode License v3): words, patterns and signs.

`cldr.json` holds it for the EU's languages and governments, so that no process of the site loads
Babel's locales, a megabyte for each. Whatever is not in it is read from Babel. `make messages`
writes it anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TABLE = Path(__file__).with_name("cldr.json")


@dataclass(frozen=True)
class Conventions:
    """How a language writes names, dates (templates of `str.format`), numbers and lists."""

    native_name: str
    open_graph_locale: str
    languages: Mapping[str, str]
    territories: Mapping[str, str]
    months: Sequence[str]
    short_months: Sequence[str]
    weekdays: Sequence[str]
    """From Monday."""
    periods: Sequence[str]
    """Before and after noon."""
    long_date: str
    full_date: str
    date_time: str
    time: str
    group: str
    decimal: str
    minus: str
    joints: Sequence[str]
    """What stands between the items of a list, between two, and before the last of more."""


@cache
def conventions(language: str) -> Conventions:
    return _TABLE.get(language) or read_locale(language)


@cache
def read_locale(language: str) -> Conventions:
    """Return a language's conventions as Babel has them, with all languages and territories."""
    from campaign.language import babel_locales  # noqa: PLC0415

    return babel_locales.read(language)


# Read at the start, because a new version may replace the file under a running process.
_TABLE = {
    language: Conventions(**row)
    for language, row in json.loads(TABLE.read_text(encoding="utf-8")).items()
}
