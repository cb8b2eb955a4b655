"""Long words on a narrow phone, and a header that a proxy does not send."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.walk import SLUG, begin, horizontal_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Site


LONG = "https://www.europarl.europa.eu/doceo/document/TA-9-2022-0237-with-a-long-name_EN.html"


def test_a_preview_with_long_words_fits_a_phone(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{site.address}/en/{SLUG}?government=FR")
    begin(page, f"{'t' * 60}@{'e' * 50}.example.org", "T" * 60)
    page.locator("#paragraph").fill(f"See {LONG}")
    page.locator("#town").press("Enter")
    expect(page.locator("[name=shown_paragraph]")).to_have_value(f"See {LONG}")
    assert horizontal_overflow(page) <= 0
    page.locator("summary").first.click()
    assert horizontal_overflow(page) <= 0
    page.close()


def test_a_list_of_long_names_fits_a_phone(browser: Browser, site: Site) -> None:
    """Offices have longer names than languages, which the same list shows on this page."""
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{site.address}/en/{SLUG}?government=BE")
    begin(page, "testa@example.org")
    option = page.locator("#letter_language option").first
    option.evaluate("option => { option.textContent = 'Federal Ministry for '.repeat(9); }")
    assert horizontal_overflow(page) <= 0
    page.close()


def test_every_place_has_a_name_on_a_phone(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{site.address}/en/{SLUG}?government=IE")
    begin(page, "testa@example.org")
    page.locator("#demands summary").click()
    page.get_by_role("combobox", name="Order: Open the doors").wait_for()
    page.close()


def test_a_printed_preview_is_not_blank(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.address}/en/{SLUG}?government=IE")
    begin(page, "testa@example.org")
    page.emulate_media(media="print")
    page.get_by_text("Dear Minister,").first.wait_for()
    page.close()


def test_no_header_moves_the_application_elsewhere(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.request("GET", "//evil.example/", headers={"SCRIPT_NAME": "//evil.example"})
    answer = connection.getresponse()
    assert "evil" not in (answer.getheader("Location") or "")
    assert answer.status < 500
    connection.close()
