"""Every page and state for everybody: axe, 320 pixels, no scripts, what it weighs.

The way without scripts in English and in another script, axe in English: a template's tags are the
same in all languages. `make reach` does it in all of them, and more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import accessibility_violations
from tests.browser.walk import SLUG, horizontal_overflow, walk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

    from tests.browser.conftest import Site

pytestmark = pytest.mark.long


LANGUAGES = ("en", "el")
PAGE_BUDGET = 35_000
"""Bytes over the wire with everything, as the project promises."""

SCRIPT_BUDGET = 8_000
MOST_REQUESTS = 5
STATES = 22


def test_axe_finds_no_barrier_in_any_page_or_state(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    found = {state.name: accessibility_violations(page) for state in walk(page, site, "en")}
    context.close()
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(found) == STATES


def test_axe_finds_no_barrier_in_any_colour(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.address}/styleguide")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert accessibility_violations(page) == []
    page.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_scripts_the_way_is_the_same_and_fits_320_pixels(
    browser: Browser, site: Site, lang: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    wide = {}
    for state in walk(page, site, lang):
        wide[state.name] = horizontal_overflow(page)
        # What only a script can do is not shown without one.
        for button in page.locator("button[data-share], button[data-copy]").all():
            assert not button.is_visible(), state.name
    context.close()
    assert {name: pixels for name, pixels in wide.items() if pixels > 0} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_letters_page_is_light_and_asks_nobody_else(
    browser: Browser, site: Site, lang: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    sizes: dict[str, int] = {}
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks it
    page.goto(f"{site.address}/{lang}/{SLUG}", wait_until="networkidle")
    for answer in answers:
        measured = answer.request.sizes()
        sizes[answer.url] = measured["responseBodySize"] + measured["responseHeadersSize"]
    context.close()
    assert all(url.startswith(site.address) for url in sizes)
    assert len(sizes) <= MOST_REQUESTS
    assert sum(sizes.values()) <= PAGE_BUDGET
    assert sum(size for url, size in sizes.items() if ".js" in url) <= SCRIPT_BUDGET
