"""The whole path in a real Chromium: phone and desk, with scripts and without, by keyboard."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PICTURES
from tests.browser.walk import SLUG, begin, horizontal_overflow, press, read_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site


LOOKED_AT = 5
"""So many of the newest letters to one recipient."""


class Visitor:
    """One person's window, which takes pictures on the way when they are asked for."""

    def __init__(self, page: Page, site: Site, name: str) -> None:
        self.page = page
        self.site = site
        self._name = name
        self._pictures = 0

    def look(self, what: str) -> None:
        """Check that nothing sticks out sideways."""
        self._pictures += 1
        if PICTURES:
            name = f"{self._name}-{self._pictures:02d}-{what}.png"
            self.page.screenshot(path=Path(PICTURES) / name, full_page=True)
        assert horizontal_overflow(self.page) <= 0, f"{what} sticks out sideways"

    def mailbox(self) -> Page:
        other = self.page.context.new_page()
        other.goto(self.site.mailbox)
        return other


@pytest.fixture(
    params=[
        pytest.param((320, True), id="phone", marks=pytest.mark.long),
        pytest.param((320, False), id="phone-without-scripts"),
        pytest.param((1280, True), id="desk"),
        pytest.param((1280, False), id="desk-without-scripts", marks=pytest.mark.long),
    ]
)
def visitor(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Visitor]:
    width, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts
    )
    name = f"{width}{'' if scripts else '-no-js'}"
    yield Visitor(context.new_page(), site, name)
    context.close()


twice = pytest.mark.parametrize(
    "visitor",
    [
        pytest.param((320, False), id="phone-without-scripts", marks=pytest.mark.long),
        pytest.param((1280, True), id="desk"),
    ],
    indirect=True,
)
"""For a part of the way that looks the same in all four."""


def says(page: Page, text: str) -> None:
    """Wait until a page says so: asked between two pages, one has no text at all."""
    page.get_by_text(text).first.wait_for()


def delivered_letter(visitor: Visitor, recipient: str, words: str) -> str:
    """Return the newest letter to a recipient that has these words: others write to it, too."""
    deadline = time.monotonic() + 30
    box = visitor.mailbox()
    while time.monotonic() < deadline:
        for number in range(min(LOOKED_AT, box.locator("tr", has_text=recipient).count())):
            box.locator("tr", has_text=recipient).nth(number).locator("a").click()
            text = box.locator(".message").text_content() or ""
            if words in text:
                box.close()
                return text
            box.goto(visitor.site.mailbox)
        box.reload()
    raise AssertionError(f"no letter to {recipient} with {words}")


def count(visitor: Visitor) -> int:
    answer = visitor.page.request.get(f"{visitor.site.address}/{SLUG}/counts.json")
    return int(json.loads(answer.text())["signature_count"])


def test_from_the_letter_to_a_delivered_recorded_counted_letter(visitor: Visitor) -> None:
    page, before = visitor.page, count(visitor)
    email = f"testa-{time.monotonic_ns()}@example.org"
    page.goto(f"{visitor.site.address}/en/{SLUG}")
    visitor.look("letter")
    page.get_by_label("Your government").select_option("GR")
    page.get_by_role("button", name="Continue").click()
    visitor.look("errors")
    summary = page.locator(".error-summary")
    summary.wait_for()
    assert summary.locator("a").all_inner_texts() == [
        "Enter your name.",
        "Enter your e-mail address, so that you can confirm your signature.",
        "Choose whether you want to write to your government or only sign.",
    ]
    page.get_by_label("Your name").fill("Testa Example")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_label("Sign and write to my government").check()
    visitor.look("form")
    page.get_by_role("button", name="Continue").click()
    says(page, "Αξιότιμη κυρία Υπουργέ")
    visitor.look("preview")
    page.get_by_label("A paragraph of your own").fill(f"Words of my own, {email}.")
    page.locator("#demands summary").click()
    page.locator("#demand-open").uncheck()
    page.locator("#place-un").select_option("1")
    page.locator("#demands").get_by_role("button", name="Show it in the letter").click()
    says(page, "Your demands (5 of 6)")
    page.locator("#show_name").check()
    visitor.look("preview-changed")
    press(page, "send")
    says(page, "Check your e-mail")
    visitor.look("check")
    assert count(visitor) == before

    page.goto(read_mail(page, visitor.site, email, "confirm"))
    visitor.look("confirm")
    assert count(visitor) == before
    page.get_by_role("button", name="Confirm my signature").click()
    says(page, "Your signature counts.")
    visitor.look("done")
    assert count(visitor) == before + 1

    letter = delivered_letter(visitor, "gr@ministry.example", f"Words of my own, {email}.")
    assert "Testa Example" in letter
    page.get_by_role("link", name="Your private page").click()
    says(page, "Your data")
    page.reload()
    says(page, "delivered in rehearsal")
    visitor.look("private")
    page.goto(f"{visitor.site.address}/en/{SLUG}/signatories")
    says(page, "Testa Example")
    visitor.look("signatories")


@twice
def test_an_edited_letter_leaves_as_it_was_edited(visitor: Visitor) -> None:
    page = visitor.page
    email = f"testa-{time.monotonic_ns()}@example.org"
    page.goto(f"{visitor.site.address}/en/{SLUG}?government=IE")
    begin(page, email, "Testa Editor")
    page.locator("summary", has_text="Edit the subject or the text").click()
    edited = f"My letter {email}.\n\nIt has two paragraphs."
    page.locator("#body").fill(edited)
    page.get_by_role("button", name="Show my changes").click()
    says(page, "It has two paragraphs.")
    visitor.look("edited")
    assert page.locator("#body").input_value() == edited
    press(page, "send")
    page.goto(read_mail(page, visitor.site, email, "confirm"))
    page.get_by_role("button", name="Confirm my signature").click()
    assert delivered_letter(visitor, "ie@ministry.example", f"My letter {email}.")


@twice
def test_a_letter_that_nobody_edited_follows_every_choice(visitor: Visitor) -> None:
    """A browser sends line breaks as CRLF, which are no edit."""
    page = visitor.page
    page.goto(f"{visitor.site.address}/en/{SLUG}?government=BE")
    begin(page, f"testa-{time.monotonic_ns()}@example.org", "Testa Chooser")
    page.locator("#paragraph").fill("One line of my own.\nAnother one.\n\nAnd a paragraph.")
    for tag, salutation in (("nl", "Geachte"), ("de", "Sehr geehrte"), ("fr", "Madame")):
        page.locator("#letter_language").select_option(tag)
        page.locator("#letter_language ~ button").click()
        says(page, salutation)
        before = page.locator("#body").input_value()
        page.locator("button.link[name=another]").first.click()
        expect(page.locator("#body")).not_to_have_value(before, timeout=30_000)
        assert page.locator("[role=alert]").count() == 0
        assert "One line of my own.\nAnother one.\n\nAnd" in page.locator("#body").input_value()
    page.locator("button[value=change]").click()
    press(page, "next")
    page.locator("#demands summary").click()
    page.locator("#demand-open").uncheck()
    page.locator("#demands button").click()
    says(page, "Your demands (5 of 6)")
    assert page.locator("[role=alert]").count() == 0
    page.locator("#way-own_mail").check()
    press(page, "send")
    page.wait_for_url("**/check/**")


def test_the_path_can_be_walked_by_keyboard_alone(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site.address}/en/{SLUG}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to_field(page, "name")
    page.keyboard.type("Testa Keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type(f"keyboard-{time.monotonic_ns()}@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("Malta")
    tab_to_field(page, "choice-write")
    page.keyboard.press("Space")
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Your letter')")
    tab_to(page, "Sign")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/**")
    context.close()


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(f"{site.address}/en/{SLUG}")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector(".error-summary")
    page.wait_for_function("document.activeElement.classList.contains('error-summary')")
    assert page.title().startswith("Error:")
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "name"
    context.close()


@pytest.mark.asvs("14.2.3")
def test_the_browser_asks_nobody_else_and_keeps_no_cookie(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.address}/en/{SLUG}")
    assert asked
    assert all(re.match(re.escape(site.address), address) for address in asked)
    assert context.cookies() == []
    context.close()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until an element with exactly that text has the focus."""
    for _ in range(150):
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{text} cannot be reached by keyboard")


def tab_to_field(page: Page, name: str) -> None:
    for _ in range(150):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the field {name} cannot be reached by keyboard")
