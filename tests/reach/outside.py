"""What others say about the pages: the W3C's HTML checker and Lighthouse."""

from __future__ import annotations

import json
import os
import subprocess
from statistics import median_low
from typing import TYPE_CHECKING, Any

from tests.browser.chromium import ARGUMENTS
from tests.reach.needs import LIGHTHOUSE, VNU

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reach.needs import Tools

TRIES = 3
RUNS = 3
PERFECT = 100
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def html_errors(sources: Path) -> list[str]:
    """Return what the Nu Html Checker calls an error, with the file's name."""
    checked = subprocess.run(
        ["java", "-jar", str(VNU), "--errors-only", "--format", "json", str(sources)],
        capture_output=True,
        text=True,
        check=False,
    )
    messages: list[dict[str, Any]] = json.loads(checked.stderr)["messages"]
    return [f"{one['url'].rpartition('/')[2]}: {one['message']}" for one in messages]


def lighthouse(tools: Tools, address: str) -> dict[str, int]:
    """Return Lighthouse's scores from 0 to 100, on the phone that it imitates.

    Performance is a time on a noisy machine: what is not 100 at once is the median of three.
    """
    scores = [_scores(tools, address)]
    if scores[0]["performance"] < PERFECT:
        scores += [_scores(tools, address) for _ in range(RUNS - 1)]
    lowest = {name: min(one[name] for one in scores) for name in CATEGORIES}
    return lowest | {"performance": median_low(one["performance"] for one in scores)}


def _scores(tools: Tools, address: str) -> dict[str, int]:
    command = [
        *("node", str(LIGHTHOUSE), address, "--quiet", "--output=json"),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new {' '.join(ARGUMENTS)}",
    ]
    environ = {**os.environ, "CHROME_PATH": tools.chromium}
    # Now and then its Chromium does not start; what it says about a page is never tried again.
    for left in reversed(range(TRIES)):
        run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            break
        if not left:
            raise RuntimeError(f"Lighthouse failed on {address}: {run.stderr[-1000:]}")
    categories = json.loads(run.stdout)["categories"]
    return {name: round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES}
