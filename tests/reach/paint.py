"""How soon something is seen on a slow line, whether it jumps, and what it weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

_WATCH = """() => new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    done([paint ? paint.startTime : -1, shift]);
  }, 300);
})"""


@dataclass(frozen=True)
class Painted:
    """`first`: milliseconds to the first contentful paint. `shift`: the cumulative layout shift.

    `size` and `scripts` are in bytes over the wire, headers included.
    """

    first: float
    shift: float
    size: int
    requests: int
    scripts: int


def paint(browser: Browser, address: str) -> Painted:
    """Load a page for the first time, with nothing in the cache."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks it
    page.goto(address, wait_until="networkidle")
    first, shift = page.evaluate(_WATCH)
    sizes = [_size(answer) for answer in answers]
    scripts = sum(size for url, size in sizes if ".js" in url)
    context.close()
    return Painted(first, shift, sum(size for _, size in sizes), len(answers), scripts)


def _size(answer: Response) -> tuple[str, int]:
    measured = answer.request.sizes()
    return answer.url, measured["responseBodySize"] + measured["responseHeadersSize"]
