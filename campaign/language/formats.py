"""Dates, numbers, lists, names and sort order in each language (CLDR, through ICU).

ICU's formatters are not thread-safe; these are, because PyICU holds Python's global lock while it
formats.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeVar

from icu import (
    Collator,
    DateFormat,
    DecimalFormatSymbols,
    ListFormatter,
    Locale,
    NumberFormat,
    TimeZone,
)

from campaign.language.pseudolocalization import PSEUDO_LANGUAGE, pseudolocalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

Item = TypeVar("Item")

# Languages whose European form is not ICU's default.
_LOCALES = {"en": "en_GB", "pt": "pt_PT", PSEUDO_LANGUAGE: "en_GB"}


def native_name(language: str) -> str:
    """Return the language's name in that language, as the EU's own sites write it."""
    if language == PSEUDO_LANGUAGE:
        return pseudolocalize("English")
    own = Locale(language)
    return str(own.getDisplayName(own)) or language


def language_name(tag: str, language: str) -> str:
    """Return the name of the language `tag` in another `language`."""
    return str(Locale(tag).getDisplayLanguage(_locale(language)))


def territory_name(code: str, language: str) -> str:
    return str(Locale("", code).getDisplayCountry(_locale(language)))


def open_graph_locale(language: str) -> str:
    """Return the language and its usual country in Open Graph's format: de_DE."""
    likely = Locale.addLikelySubtags(_locale(language))
    return f"{likely.getLanguage()}_{likely.getCountry()}"


def long_date(day: date, language: str) -> str:
    return _written(day, _dates(language, DateFormat.LONG))


def full_date(day: date, language: str) -> str:
    return _written(day, _dates(language, DateFormat.FULL))


def format_datetime(moment: datetime, language: str) -> str:
    """Return date and time in UTC, to the second, followed by "UTC"."""
    return f"{_moments(language).format(moment.astimezone(UTC))} UTC"


def format_number(value: int, language: str) -> str:
    return str(_numbers(language).format(value))


def join_list(items: Sequence[str], language: str) -> str:
    """Return the items joined as the language does: "a, b and c"."""
    return str(ListFormatter.createInstance(_locale(language)).format(list(items)))


def list_separator(language: str) -> str:
    """Return the separator that spreadsheets expect in a CSV file.

    Excel uses the list separator of Windows, which in Europe is a semicolon where the decimal
    separator is a comma.
    """
    symbols = DecimalFormatSymbols(_locale(language))
    decimal = symbols.getSymbol(DecimalFormatSymbols.kDecimalSeparatorSymbol)
    return ";" if decimal == "," else ","


def sort_by_name(items: Iterable[Item], named: Callable[[Item], str], language: str) -> list[Item]:
    """Return the items sorted by name, in the language's alphabetical order."""
    key = _collator(language).getSortKey
    return sorted(items, key=lambda item: key(named(item)))


def _written(day: date, formatter: DateFormat) -> str:
    return str(formatter.format(datetime.combine(day, time(12), UTC)))


@lru_cache
def _locale(language: str) -> Locale:
    return Locale(_LOCALES.get(language, language))


@cache
def _dates(language: str, style: int) -> DateFormat:
    return _in_utc(DateFormat.createDateInstance(style, _locale(language)))


@cache
def _moments(language: str) -> DateFormat:
    style = DateFormat.MEDIUM
    return _in_utc(DateFormat.createDateTimeInstance(style, style, _locale(language)))


def _in_utc(formatter: DateFormat) -> DateFormat:
    formatter.setTimeZone(TimeZone.createTimeZone("UTC"))
    return formatter


@cache
def _numbers(language: str) -> NumberFormat:
    return NumberFormat.createInstance(_locale(language))


@cache
def _collator(language: str) -> Collator:
    return Collator.createInstance(_locale(language))
