"""Dates, numbers, lists and order as each language writes them (CLDR, through Babel and ICU)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal
from icu import Collator
from icu import Locale as IcuLocale

from campaign.language.pseudo import PSEUDO, pseudo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

Item = TypeVar("Item")

# Where a language's European form is not Babel's default for it.
_LOCALES = {"en": "en_GB", "pt": "pt_PT", PSEUDO: "en_GB"}


@lru_cache
def locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


def open_graph_locale(language: str) -> str:
    """Return the language and its usual country as Open Graph writes them: de_DE."""
    own = locale_of(language)
    likely = get_global("likely_subtags").get(language, "").rpartition("_")[2]
    return f"{own.language}_{own.territory or likely}"


def native_name(language: str) -> str:
    """Return the language's name in itself, as the EU's own sites write it."""
    if language == PSEUDO:
        return pseudo("English")
    return Locale.parse(language).get_display_name() or language


def territory(code: str, language: str) -> str:
    return str(locale_of(language).territories.get(code, code))


def long_date(day: date, language: str) -> str:
    return format_date(day, format="long", locale=locale_of(language))


def day_with_weekday(day: date, language: str) -> str:
    return format_date(day, format="full", locale=locale_of(language))


def date_and_time(moment: datetime, language: str) -> str:
    """Return day, hour and minute in UTC, and say that it is UTC."""
    return f"{format_datetime(moment, format='medium', locale=locale_of(language))} UTC"


def number(value: int, language: str) -> str:
    return format_decimal(value, locale=locale_of(language))


def listed(items: Sequence[str], language: str) -> str:
    """Return "a, b and c" as the language joins it."""
    return format_list(list(items), locale=locale_of(language))


def in_order(items: Iterable[Item], named: Callable[[Item], str], language: str) -> list[Item]:
    """Sort items by their names in the language's alphabetical order."""
    key = _collator(language).getSortKey
    return sorted(items, key=lambda item: key(named(item)))


@lru_cache
def _collator(language: str) -> Collator:
    return Collator.createInstance(IcuLocale(str(locale_of(language))))
