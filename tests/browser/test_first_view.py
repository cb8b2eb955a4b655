"""What is on the screen before anything is touched, in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.walk import SLUG, begin, horizontal_overflow
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from tests.browser.conftest import Site

EMBED_HEIGHT, EMBED_WIDTH = 900, 390

_IN_VIEW = """element => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
}"""


def in_view(page: Page, selector: str) -> bool:
    return bool(page.locator(selector).first.evaluate(_IN_VIEW))


def preview(browser: Browser, site: Site, width: int, height: int) -> Page:
    """Return the preview of a letter in the page's own language."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{site.address}/en/{SLUG}?government=IE")
    begin(page, "testa@example.org")
    return page


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 720)])
def test_the_first_field_or_what_leads_to_it_is_on_the_screen(
    browser: Browser, site: Site, width: int, height: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    for lang in EU_LANGUAGES:
        page.goto(f"{site.address}/{lang}/{SLUG}")
        assert in_view(page, "#name") or in_view(page, ".reach a"), lang
    page.close()


@pytest.mark.long
def test_the_form_in_a_frame_is_short_enough(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": EMBED_WIDTH, "height": 844})
    for lang in EU_LANGUAGES:
        page.goto(f"{site.address}/embed/{lang}/{SLUG}/sign")
        height = page.locator("body").evaluate("body => body.getBoundingClientRect().height")
        assert height <= EMBED_HEIGHT, lang
        assert horizontal_overflow(page) <= 0, lang
    page.close()


def test_the_focus_is_never_under_a_bar(browser: Browser, site: Site) -> None:
    """WCAG 2.2, success criterion 2.4.11."""
    page = browser.new_page(viewport={"width": 360, "height": 640})
    page.goto(f"{site.address}/en/{SLUG}?government=BE")
    _tab_through(page, ".reach", 60)
    begin(page, "testa@example.org")
    _tab_through(page, ".sign-bar", 60)
    page.close()


def _tab_through(page: Page, bars: str, presses: int) -> None:
    for _ in range(presses):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """bars => {
                const focused = document.activeElement, box = focused.getBoundingClientRect();
                return [...document.querySelectorAll(bars)].some(bar => {
                    const over = bar.getBoundingClientRect();
                    return !bar.contains(focused) && getComputedStyle(bar).position === 'sticky'
                        && over.height > 0 && box.top >= over.top && box.bottom <= over.bottom;
                });
            }""",
            bars,
        )
        assert not hidden, page.evaluate("document.activeElement.outerHTML")


def test_on_a_low_screen_nothing_sticks(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 640, "height": 360})
    page.goto(f"{site.address}/en/{SLUG}?government=BE")
    assert page.locator(".reach").first.evaluate("e => getComputedStyle(e).position") == "static"
    begin(page, "testa@example.org")
    assert page.locator(".sign-bar").evaluate("e => getComputedStyle(e).position") == "static"
    page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_another_language_keeps_what_was_typed(
    browser: Browser, site: Site, *, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{site.address}/en/{SLUG}")
    page.locator(".languages summary").click()
    assert page.locator(".languages a[lang=de]").is_visible()
    page.locator("#name").fill("Testa Example")
    assert not page.locator(".languages a[lang=de]").is_visible()
    page.locator(".languages button[lang=de]").click()
    page.locator("html[lang=de]").wait_for()
    assert page.locator("#name").input_value() == "Testa Example"
    page.locator("#government").select_option("IE")
    begin(page, "testa@example.org")
    page.locator("#paragraph").fill("Meine Worte.")
    page.locator(".languages summary").click()
    page.locator(".languages button[lang=fr]").click()
    page.locator("html[lang=fr]").wait_for()
    assert page.locator("#paragraph").input_value() == "Meine Worte."
    context.close()


def test_a_change_of_the_letter_loads_no_page_with_scripts(browser: Browser, site: Site) -> None:
    page = preview(browser, site, 360, 640)
    page.evaluate("document.body.dataset.same = 'yes'")
    button = page.locator("button[name=another]").last
    button.scroll_into_view_if_needed()
    before, text = page.evaluate("scrollY"), page.locator("#body").input_value()
    button.click()
    page.wait_for_function("text => document.getElementById('body').value !== text", arg=text)
    assert page.locator("body").get_attribute("data-same") == "yes"
    assert abs(page.evaluate("scrollY") - before) < 200
    assert page.evaluate("document.activeElement.name") == "another"
    page.close()


def test_enter_in_a_field_of_the_letter_stays_there_and_only_shows_it(
    browser: Browser, site: Site
) -> None:
    page = preview(browser, site, 360, 640)
    page.evaluate("document.body.dataset.same = 'yes'")
    page.fill("#town", "Cork")
    page.press("#town", "Enter")
    page.wait_for_function("() => document.getElementById('body').value.includes('Cork')")
    assert page.locator("body").get_attribute("data-same") == "yes"
    assert page.evaluate("document.activeElement.id") == "town"
    assert page.locator("#town").input_value() == "Cork"
    page.close()


def test_what_she_asks_to_see_in_the_letter_is_shown_there(browser: Browser, site: Site) -> None:
    page = preview(browser, site, 360, 640)
    page.locator("#demands summary").click()
    page.locator("#demands input[type=checkbox]").first.uncheck()
    page.locator("#show-demands").click()
    page.wait_for_function("() => document.activeElement.id === 'letter'")
    assert "Your demands (5 of 6)" in page.locator("#demands summary").inner_text()
    top = page.locator("#letter").evaluate("one => one.getBoundingClientRect().top")
    assert 0 < top < 640
    page.close()


def test_nothing_can_be_typed_that_the_answer_would_replace(browser: Browser, site: Site) -> None:
    page = preview(browser, site, 1280, 720)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/sign", hold)
    page.locator("button[name=another]").last.click()
    page.wait_for_function("() => document.querySelector('form.preview').inert")
    held[0].continue_()
    page.wait_for_function("() => !document.querySelector('form.preview').inert")
    page.fill("#paragraph", "Mine.")
    assert page.locator("#paragraph").input_value() == "Mine."
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900), (1280, 1400)])
def test_the_field_with_the_focus_is_on_the_screen(
    browser: Browser, site: Site, width: int, height: int
) -> None:
    """WCAG 2.2, SC 2.4.11, also when somebody goes back by keyboard from below."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{site.address}/de/{SLUG}")
    page.get_by_role("link", name="Barrierefreiheit").focus()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for name in ("government", "email", "name"):
        page.focus(f"#{name}")
        seen = f"name => ({_IN_VIEW})(document.getElementById(name))"
        page.wait_for_function(seen, arg=name, timeout=5_000)
    page.close()
