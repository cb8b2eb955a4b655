"""Charts, as numbers from which a template draws SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 720, 140
_GAP = 0.2
_LABELS = 6
_LABEL_WIDTH = 90


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
    # A label begins under its bar; the last ones would be cut off.
    ticks = [(bar.x, bar.label) for bar in bars[::every] if bar.x <= WIDTH - _LABEL_WIDTH]
    return Chart(bars, most, ticks)


@dataclass(frozen=True)
class GrowthChart:
    """A total over time, and what was added to it: a line, and bars under it on their own scale.

    `points`: those of the line, as SVG has them.
    """

    bars: Chart
    points: str
    total: int


def growth_chart(values: Sequence[tuple[str, int]], before: int) -> GrowthChart:
    """Return the chart of what was added in each span of time; `before`: the total before it."""
    bars = bar_chart(values)
    totals = list(accumulate((value for _, value in values), initial=before))[1:]
    most = max(totals, default=0) or 1
    points = [
        f"{bar.x + bar.width / 2:.1f},{HEIGHT - HEIGHT * max(total, 0) / most:.1f}"
        for bar, total in zip(bars.bars, totals, strict=True)
    ]
    return GrowthChart(bars, " ".join(points), totals[-1] if totals else before)


@dataclass(frozen=True)
class Segment:
    """A part of a stacked bar, in units of the drawing; `kind`: what it is coloured by."""

    kind: str
    label: str
    value: int
    url: str
    x: float
    width: float


_LEAST_WIDTH = 6.0
"""Of a part of a stacked bar: one of a thousand can still be pressed."""


def stacked_bar(parts: Sequence[tuple[str, str, int, str]]) -> list[Segment]:
    """Return the parts that there are, (kind, label, number, URL) each, as one bar."""
    there = [part for part in parts if part[2] > 0]
    total = sum(number for _, _, number, _ in there)
    room = WIDTH - _LEAST_WIDTH * len(there)
    segments, x = [], 0.0
    for kind, label, number, url in there:
        width = _LEAST_WIDTH + room * number / total
        segments.append(Segment(kind, label, number, url, round(x, 1), round(width, 1)))
        x += width
    return segments
