"""Dates, numbers, lists, names and sort order as each language writes them (CLDR)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from campaign.language.alphabets import sort_key
from campaign.language.cldr import conventions, read_locale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

Item = TypeVar("Item")

_NOON = 12
_TWO_LETTERS = 2
_THREE_LETTERS = re.compile(r"[a-z]{3}")
# Spanish "y" is "e" before the sound of i, but not before a diphthong (hielo).
_SOUNDS_LIKE_I = re.compile(r"i|hi(?![ae])", re.IGNORECASE)


def native_name(language: str) -> str:
    """Return the language's name in that language, as the EU's own sites write it."""
    return conventions(language).native_name


def language_name(tag: str, language: str) -> str:
    """Return the name of the language `tag` in another `language`."""
    own, _, _ = tag.partition("-")
    known = conventions(language).languages
    return known.get(own) or read_locale(language).languages.get(own, tag)


def is_language(code: str) -> bool:
    """Return whether a code can be a language's: fr, or one of three letters such as cnr.

    CLDR knows all codes of two letters (ISO 639-1), and not all of three.
    """
    if len(code) == _TWO_LETTERS:
        return code in read_locale("en").languages
    return _THREE_LETTERS.fullmatch(code) is not None


def territory_name(code: str, language: str) -> str:
    known = conventions(language).territories
    return known.get(code) or read_locale(language).territories.get(code, code)


def open_graph_locale(language: str) -> str:
    """Return the language and its usual country in Open Graph's format: de_DE."""
    return conventions(language).open_graph_locale


def long_date(day: date, language: str) -> str:
    own = conventions(language)
    return own.long_date.format(at=day, month=own.months[day.month - 1])


def full_date(day: date, language: str) -> str:
    own = conventions(language)
    month, weekday = own.months[day.month - 1], own.weekdays[day.weekday()]
    return own.full_date.format(at=day, month=month, weekday=weekday)


def format_datetime(moment: datetime, language: str, zone: str = "UTC") -> str:
    """Return date and time in a zone, to the minute; followed by "UTC" if that is the zone."""
    own, at = conventions(language), moment.astimezone(ZoneInfo(zone))
    written = own.date_time.format(
        at=at,
        month=own.months[at.month - 1],
        short_month=own.short_months[at.month - 1],
        hour=at.hour % _NOON or _NOON,
        period=own.periods[at.hour >= _NOON],
    )
    return f"{written} UTC" if zone == "UTC" else written


def clock_time(moment: datetime, language: str) -> str:
    """Return the time of day of a moment in its own zone, to the minute."""
    own = conventions(language)
    hour, period = moment.hour % _NOON or _NOON, own.periods[moment.hour >= _NOON]
    return own.time.format(at=moment, hour=hour, period=period)


def format_number(value: int, language: str) -> str:
    own = conventions(language)
    grouped = f"{value:,}".replace(",", own.group)
    return grouped if value >= 0 else grouped.replace("-", own.minus)


def join_list(items: Sequence[str], language: str) -> str:
    """Return the items joined as the language does: "a, b and c"."""
    comma, of_two, of_more = conventions(language).joints
    *first, last = items or [""]
    joint = of_more if len(first) > 1 else of_two
    if joint == " y " and _SOUNDS_LIKE_I.match(last):
        joint = " e "
    return joint.join([comma.join(first), last]) if first else last


def list_separator(language: str) -> str:
    """Return the separator that spreadsheets expect in a CSV file.

    Excel uses the list separator of Windows, which in Europe is a semicolon where the decimal
    separator is a comma.
    """
    return ";" if conventions(language).decimal == "," else ","


def sort_by_name(items: Iterable[Item], named: Callable[[Item], str], language: str) -> list[Item]:
    """Return the items sorted by name, in the language's alphabetical order."""
    return sorted(items, key=lambda item: sort_key(named(item), language))
