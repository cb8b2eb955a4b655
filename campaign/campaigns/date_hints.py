"""Hints on how to type a date in a bundle, from dates as people write them."""

from __future__ import annotations

import re
from datetime import date

_YEAR_LAST = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))  # noqa: RUF001 - they look like hyphens
_EXAMPLE = "year-month-day, like 2027-03-31"


def date_hint(written: str) -> str | None:
    """Return what to type for this date, or None if it is not a date in digits.

    03/04/2027 can be two different days; only its writer knows which one is meant.
    """
    read = _days(written.strip().translate(_DASHES))
    if read is None:
        return None
    days = list(dict.fromkeys(day.isoformat() for day in read))
    if not days:
        return f"there is no such day in the calendar; a date is {_EXAMPLE}"
    return f"write the date as {' or '.join(days)}" + (" (year-month-day)" if len(days) > 1 else "")


def quoted_date_hint(written: str) -> str:
    """Return what to type for a date that was put in quotes."""
    said = date_hint(written) or f"write the date as {_EXAMPLE}"
    return f"{said}, without quotes" if said.startswith("write") else said


def date_format_hint() -> str:
    """Return how to type a date, for a value that cannot be read as one."""
    return f"write the date as {_EXAMPLE}, and nothing after it"


def _days(written: str) -> list[date] | None:
    """Return the days that this can mean; None if it is not a date in digits at all."""
    if found := _YEAR_FIRST.fullmatch(written):
        year, month, day = found.groups()
        return _real(year, (month, day))
    if found := _YEAR_LAST.fullmatch(written):
        first, separator, second, year = found.groups()
        day_first = _real(year, (second, first))
        # With full stops the day comes first everywhere; with / and - it depends on the country.
        either = day_first + _real(year, (first, second))
        return day_first or either if separator == "." else either
    return None


def _real(year: str, month_and_day: tuple[str, str]) -> list[date]:
    try:
        return [date(int(year), *map(int, month_and_day))]
    except ValueError:
        return []
