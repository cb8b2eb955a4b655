"""Public holidays of the governments' countries, from the library `holidays`."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from holidays import HolidayBase


class PublicHolidays:
    """Answers for any government; a country's days are worked out when first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, HolidayBase] = {}
        # A calendar works out a year when it is asked for a day of it.
        self._lock = threading.Lock()

    def of(self, government: str) -> Callable[[date], bool]:
        """Return the question whether a day is a public holiday there, in the whole country."""
        return partial(self._is_holiday, government)

    def _is_holiday(self, government: str, day: date) -> bool:
        with self._lock:
            if government not in self._known:
                from holidays import country_holidays  # noqa: PLC0415

                self._known[government] = country_holidays(government)
            return day in self._known[government]
