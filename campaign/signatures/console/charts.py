"""Bar charts over time, as numbers from which a template draws SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 720, 140
_GAP = 0.2
_LABELS = 6


@dataclass(frozen=True)
class Bar:
    """One value and the position of its bar, in units of the drawing."""

    label: str
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A bar chart; `ticks`: labels under some of the bars, with their positions."""

    bars: list[Bar]
    max_value: int
    ticks: list[tuple[float, str]]

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)


def bar_chart(values: Sequence[tuple[str, int]]) -> Chart:
    """Return the bars from left to right; a value below zero has no bar."""
    most = max((value for _, value in values), default=0)
    step = WIDTH / max(len(values), 1)
    bars = []
    for number, (label, value) in enumerate(values):
        height = HEIGHT * max(value, 0) / most if most > 0 else 0
        x = number * step + step * _GAP / 2
        top = round(HEIGHT - height, 2)
        bars.append(
            Bar(label, value, round(x, 2), top, round(step * (1 - _GAP), 2), round(height, 2))
        )
    every = max(-(-len(values) // _LABELS), 1)
    return Chart(bars, most, [(bar.x, bar.label) for bar in bars[::every]])
