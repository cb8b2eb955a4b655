"""What the way from the link to the letter asks of a person with a phone of 360 by 640 pixels.

Walked in Chromium, on a site as `make run` starts it. Pages, presses (buttons that send
something), required fields, bytes and the height of pages are counted there. Seconds are those of
a model person, so that they are the same on every machine; the site's own times are in `web.py`.

- Typing on a phone: 36.2 words of five characters a minute (Palin, Feit, Kim, Kristensson and
  Oulasvirta, "How do People Type on Mobile Devices?", MobileHCI 2019, 37,000 people).
- Pointing at something 1.1 s, pressing it 0.1 s, and 1.35 s of thought before a decision (Card,
  Moran and Newell, "The Keystroke-Level Model for User Performance Time with Interactive Systems",
  CACM 23, 1980).
- Reading, counted apart: 238 words a minute (Brysbaert, "How many words do we read per minute?",
  Journal of Memory and Language 109, 2019).

The code is read in the mail: two presses there, and thought before it is typed, are the person's
time as well. She types everything by hand; a phone that knows her fills in name, address and
country with two taps, which is a row of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import results
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.conftest import Site, free_port, start, stop, wait_until_up
from tests.browser.walk import SLUG, read_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request

WIDTH, HEIGHT = 360, 640
TYPING = 36.2 * 5 / 60
"""Characters a second."""

POINT, PRESS, THINK = 1.1, 0.1, 1.35
"""Seconds."""

READING = 238 / 60
"""Words a second."""

NAME, EMAIL = "Testa Example", "testa.example@example.org"
"""What is typed; the address that is used is another one each time, and as long to type as this."""

PARAGRAPH = "I know a family that has heard nothing of their son since the winter of last year."
GOALS = {"only sign": (3, 2, 30), "sign and write": (4, 3, 45)}
"""Pages, presses and seconds, at most."""

_REQUIRED = "[aria-required=true], fieldset#choice"


@dataclass
class Person:
    """Does what a person does, and adds up what it takes her."""

    page: Page
    pages: int = 0
    presses: int = 0
    fields: int = 0
    sent: int = 0
    words: int = 0
    seconds: float = 0.0
    screens: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Come to a new page; what is folded is not read."""
        self.pages += 1
        text = self.page.locator("main").inner_text()
        self.words += len(text.split())
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.screens.append(height / HEIGHT)

    def count_bytes(self, request: Request) -> None:
        sizes = request.sizes()
        self.sent += sizes["responseBodySize"] + sizes["responseHeadersSize"]

    def tap(self, *, decides: bool = False) -> None:
        self.seconds += POINT + PRESS + (THINK if decides else 0)

    def enter(self, selector: str, text: str, typed: str = "") -> None:
        self.page.locator(selector).fill(text)
        self.tap()
        self.seconds += len(typed or text) / TYPING

    def choose(self, selector: str) -> None:
        self.page.locator(selector).check()
        self.tap(decides=True)

    def press(self, selector: str, leads_to: str, *, decides: bool = False) -> None:
        """Press a button that sends something, and come to the next page."""
        self.page.locator(selector).first.click()
        self.page.locator(leads_to).first.wait_for()
        self.tap(decides=decides)
        self.presses += 1
        self.look()


def begin(page: Page, site: Site, email: str, choice: str, *, autofill: bool = False) -> Person:
    person = Person(page)
    page.on("requestfinished", person.count_bytes)
    page.goto(f"{site.address}/en/{SLUG}")
    person.look()
    person.fields = page.locator(_REQUIRED).count()
    before = person.seconds
    person.enter("#name", NAME)
    person.enter("#email", email, EMAIL)
    page.locator("#government").select_option("IE")
    person.tap()
    person.tap(decides=True)
    if autofill:
        person.seconds = before
        person.tap()
        person.tap(decides=True)
    person.choose(f"#choice-{choice}")
    return person


def confirm(person: Person, site: Site, email: str) -> None:
    code = read_code(person.page, site, email)
    person.tap()
    person.tap(decides=True)
    person.enter("#code", code)
    person.fields += 1
    person.press("main form button", "h1:has-text('Thank you')")


def only_sign(page: Page, site: Site, email: str, *, autofill: bool = False) -> Person:
    person = begin(page, site, email, "sign", autofill=autofill)
    person.press(".start button.button", "#code")
    confirm(person, site, email)
    return person


def sign_and_write(page: Page, site: Site, email: str) -> Person:
    person = begin(page, site, email, "write")
    person.press(".start button.button", "#paragraph")
    person.press(".sign-bar button", "#code", decides=True)
    confirm(person, site, email)
    return person


def with_own_words(page: Page, site: Site, email: str) -> Person:
    person = begin(page, site, email, "write")
    person.press(".start button.button", "#paragraph")
    person.enter("#paragraph", PARAGRAPH)
    person.press(".sign-bar button", "#code", decides=True)
    confirm(person, site, email)
    return person


WALKS: dict[str, Callable[[Page, Site, str], Person]] = {
    "only sign": only_sign,
    "only sign, filled in by the phone": partial(only_sign, autofill=True),
    "sign and write": sign_and_write,
    "sign and write, with a sentence of her own": with_own_words,
}


def report(name: str, person: Person) -> None:
    pages, presses, seconds = GOALS.get(name, ("", "", ""))
    reading = person.words / READING
    said = f"{person.fields} required fields, {person.sent / 1000:.0f} kB, "
    said += f"at most {person.words} words ({reading:.0f} s), screens: "
    said += ", ".join(f"{one:.1f}" for one in person.screens)
    results.row(f"{name}: pages", f"{person.pages}", f"<= {pages}" if pages else "-")
    results.row(f"{name}: presses", f"{person.presses}", f"<= {presses}" if pages else "-")
    goal = f"<= {seconds} s" if pages else "-"
    results.row(f"{name}: interaction", f"{person.seconds:.1f} s", goal, said)


def main() -> None:
    path = chromium.find() or sys.exit("this benchmark needs a Chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(free_port(), Path(folder))
        process = start(site)
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        try:
            wait_until_up(site, process)
            for name, walk in WALKS.items():
                context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
                email = EMAIL.replace("@", f"{time.monotonic_ns() % 10**6}@")
                report(name, walk(context.new_page(), site, email))
                context.close()
        finally:
            browser.close()
            stop(process)


if __name__ == "__main__":
    main()
