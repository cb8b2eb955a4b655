"""Write docs/reach.md: what was walked, by what, and what came of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.reach.outside import CATEGORIES

if TYPE_CHECKING:
    from tests.reach.paint import Painted
    from tests.reach.walks import Walked


@dataclass
class Reach:
    """Everything that one run found."""

    day: str
    commit: str
    versions: dict[str, str]
    walked: list[Walked] = field(default_factory=list)
    html_errors: list[str] = field(default_factory=list)
    documents: int = 0
    scores: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """By language and page."""
    painted: dict[str, list[Painted]] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Return what keeps the promise from being kept, one line each."""
        found = [f"vnu: {one}" for one in self.html_errors]
        for one in self.walked:
            found += [f"{one.lang}: axe: {fault}" for fault in one.barriers]
            found += [f"{one.lang}: sticks out at 320 px: {fault}" for fault in one.wide]
        for (lang, page), scores in self.scores.items():
            for name, score in scores.items():
                needed = 100 if name == "accessibility" else 95
                if score < needed:
                    found.append(f"{lang}/{page}: Lighthouse {name} {score}")
        for lang, runs in self.painted.items():
            if _first(runs) >= FIRST_PAINT:
                found.append(f"{lang}: first paint after {_first(runs):.0f} ms")
            if max(run.shift for run in runs) > 0:
                found.append(f"{lang}: the layout shifts")
            if max(run.size for run in runs) > PAGE_BUDGET or max(r.requests for r in runs) > 5:
                found.append(f"{lang}: the page is too heavy")
            if max(run.scripts for run in runs) > SCRIPT_BUDGET:
                found.append(f"{lang}: the scripts are too heavy")
        return found


FIRST_PAINT = 2000
"""Milliseconds at a round trip of 400 ms and 400 kbit/s."""

PAGE_BUDGET = 35_000
SCRIPT_BUDGET = 8_000
"""Bytes."""


HEAD = """\
# Reach

`make reach` on {day}, commit {commit}. {tools}.

All public pages and states in every language, with made-up long names: the letter, its lists
opened, the form, the form with errors, the preview, the code, the code with an error, stopping,
confirming, thanks, the private page, names, the embedded ones, the list of campaigns,
accessibility, translation, privacy, nothing here.

- **axe**: faults by the rules of WCAG 2.0 to 2.2, A and AA, and good practice, light and dark.
- **320 px**: the same way without scripts in a window of 320 pixels; how many stick out sideways.
- **Lighthouse**: performance / accessibility / best practices / search engines. The letter's page;
  in de, el, en and fr the lowest score of all indexable pages (also the list of campaigns,
  accessibility, translation, privacy). Performance, where not 100 at once, is the median of 3.
- **first paint**: the letter's page for the first time over a line with a round trip of 400 ms and
  400 kbit/s, the opening of each connection included but no TLS, which costs one more; median of 3.
  **shift**: of the layout.
- **size**: bytes over the wire with everything and headers, and how many requests.

The W3C's checker (vnu) read the HTML of {documents} pages as they came over the wire and found
{errors} errors.

| language | states | axe | without scripts | 320 px | Lighthouse | first paint | shift | size |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def rendered(reach: Reach) -> str:
    head = HEAD.format(
        day=reach.day,
        commit=reach.commit,
        tools=", ".join(f"{name} {version}" for name, version in reach.versions.items()),
        documents=reach.documents,
        errors=len(reach.html_errors),
    )
    rows = [_row(reach, one) for one in reach.walked]
    return head + "\n".join([*rows, "", *_verdict(reach), ""])


def _row(reach: Reach, walked: Walked) -> str:
    runs = reach.painted[walked.lang]
    lowest = [
        min(scores[name] for (lang, _), scores in reach.scores.items() if lang == walked.lang)
        for name in CATEGORIES
    ]
    cells = [
        walked.lang,
        walked.states,
        len(walked.barriers),
        walked.without_scripts,
        len(walked.wide),
        " / ".join(map(str, lowest)),
        f"{_first(runs):,.0f} ms",
        f"{max(run.shift for run in runs):g}",
        f"{runs[0].size:,} B in {runs[0].requests}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _verdict(reach: Reach) -> list[str]:
    if not reach.faults:
        return ["Nothing was found that breaks a promise."]
    return ["What breaks a promise:", "", *(f"- {fault}" for fault in reach.faults)]


def _first(runs: list[Painted]) -> float:
    return statistics.median(run.first for run in runs)
