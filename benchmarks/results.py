"""One line for each figure: printed, and kept for benchmarks/RESULTS.md if that is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

KEPT = "BENCHMARK_ROWS"
"""The environment variable that names the file in which rows are kept."""


def row(what: str, figure: float | str, limit: str, more: str = "") -> None:
    """Print a figure with its limit; `more` says what it is made from."""
    shown = figure if isinstance(figure, str) else f"{figure:.2f}"
    print(f"{what:48} {shown:>10}   goal {limit:10} {more}", flush=True)
    if file := os.environ.get(KEPT):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps([what, shown, limit, more]) + "\n")
