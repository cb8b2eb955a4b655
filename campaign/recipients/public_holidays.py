"""Public holidays of the governments' countries, from the library `holidays`.

A country that the library does not know has none that we know of: its letters are sent on working
days, and organisers can pause its recipient.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from datetime import date


class PublicHolidays:
    """Public holidays of all governments; a country's are computed when first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Container[date]] = {}
        # A calendar computes a year when it is asked for a day of it.
        self._lock = threading.Lock()

    def is_holiday_in(self, government: str) -> Callable[[date], bool]:
        """Return a function that says whether a day is a public holiday in that whole country."""
        return partial(self._is_holiday, government)

    def _is_holiday(self, government: str, day: date) -> bool:
        with self._lock:
            if government not in self._known:
                self._known[government] = _calendar(government)
            return day in self._known[government]


def _calendar(government: str) -> Container[date]:
    from holidays import country_holidays  # noqa: PLC0415 - it takes a while, and not all ask

    try:
        return country_holidays(government)
    except NotImplementedError:
        return frozenset()
