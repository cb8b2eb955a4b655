"""What axe-core finds on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Axe()
# What passes is not written out: it took a fifth of the time.
RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"),
        "best-practice",
    ],
}


def accessibility_violations(page: Page) -> list[str]:
    """Return what keeps somebody out, one line for each rule of WCAG 2.2 AA and good practice."""
    found: list[dict[str, Any]] = AXE.run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found]


def axe_version(page: Page) -> str:
    return str(AXE.run(page, options=RULES).response["testEngine"]["version"])
