"""What happens when: acts are done in the order of their moments, and may plan further ones."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.clock import Clock


class Agenda:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._acts: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = count()

    def plan(self, at: datetime, act: Callable[[], object]) -> None:
        heappush(self._acts, (at, next(self._numbers), act))

    def run_until(self, end: datetime) -> None:
        """Do what is planned until then; what is planned for later is never done."""
        while self._acts and self._acts[0][0] <= end:
            at, _, act = heappop(self._acts)
            self.clock.now = max(self.clock.now, at)
            act()
        self.clock.now = end
