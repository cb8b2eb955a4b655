"""Walk every public page and state in any language: by names and values, never by words."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.languages import GOVERNMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame, Page

    from tests.browser.conftest import Site

SLUG = "eu-china-dialogue"
PATIENCE = 30.0

# Long enough to find what does not wrap, and plainly made up.
LONG_NAME = "Testa-" + "Example" * 12
PARAGRAPH = "Words of my own, and one long address: https://www.example.org/" + "long-" * 20


@dataclass(frozen=True)
class State:
    """A page in one state."""

    name: str


def walk(page: Page, site: Site, lang: str) -> Iterator[State]:
    """Go through all pages as a supporter does; stop at each for whoever looks."""
    letter = f"{site.address}/{lang}/{SLUG}"
    page.goto(letter)
    yield State("letter")
    for summary in page.locator("summary").all():
        summary.click()
    yield State("letter-opened")
    for path in ("accessibility", "translation", "privacy", ""):
        page.goto(f"{site.address}/{lang}/{path}")
        yield State(path or "campaigns")
    page.goto(f"{site.address}/{lang}/nothing/here/at/all")
    yield State("not-found")
    page.goto(f"{letter}/signatories")
    yield State("signatories")
    for path in ("", "/sign"):
        page.goto(f"{site.address}/embed/{lang}/{SLUG}{path}")
        yield State(f"embed{path.replace('/', '-')}")
    yield from _sign(page, site, lang)


def _sign(page: Page, site: Site, lang: str) -> Iterator[State]:
    email = f"testa-{lang}-{time.monotonic_ns()}@example.org"
    page.goto(f"{site.address}/{lang}/{SLUG}?government={GOVERNMENTS[lang]}#sign")
    page.locator("#choice-sign").check()
    yield State("only-sign")
    press(page, "next")
    page.locator(".error-summary").wait_for()
    yield State("form-with-errors")
    page.locator("#name").fill(LONG_NAME)
    page.locator("#email").fill(email)
    page.locator("#choice-write").check()
    press(page, "next")
    page.locator("#letter").wait_for()
    yield State("preview")
    page.locator("#paragraph").fill(PARAGRAPH)
    page.locator("#show_name").check()
    page.locator("#town").press("Enter")
    expect(page.locator("[name=shown_paragraph]")).to_have_value(PARAGRAPH)
    yield State("preview-with-own-words")
    for summary in page.locator("main summary").all():
        summary.click()
    yield State("preview-opened")
    press(page, "send")
    page.locator("#code").wait_for()
    yield State("check")
    page.locator("form button").first.click()
    page.locator("#code-error").wait_for()
    yield State("check-with-error")
    yield from _confirm(page, site, lang, email)


def _confirm(page: Page, site: Site, lang: str, email: str) -> Iterator[State]:
    page.goto(read_mail(page, site, email, "stop"))
    yield State("stop")
    page.goto(read_mail(page, site, email, "confirm"))
    yield State("confirm")
    page.locator("main form button").click()
    page.wait_for_url("**/done/**")
    yield State("done")
    page.locator("a[href*='/private/']").first.click()
    page.wait_for_url("**/private/**")
    for summary in page.locator("main summary").all():
        summary.click()
    yield State("private")
    page.goto(f"{site.address}/{lang}/{SLUG}/signatories")
    yield State("signatories-with-a-name")


def begin(page: Page | Frame, email: str, name: str = "Testa Example") -> None:
    """Fill in the beginning of the form, of somebody who writes, and go on to the preview."""
    page.locator("#name").fill(name)
    page.locator("#email").fill(email)
    page.locator("#choice-write").check()
    press(page, "next")
    page.locator("#letter").wait_for()


def press(page: Page | Frame, step: str) -> None:
    """Press the visible button for a step of the form."""
    page.locator(f"button.button[name=step][value={step}]").last.click()


def read_mail(page: Page, site: Site, address: str, purpose: str) -> str:
    """Return the newest link for that purpose in the mails to an address."""
    box = _newest_mail(page, site, address)
    link = box.locator(f"a[href*='/{purpose}/']").first.get_attribute("href")
    box.close()
    assert link
    return link


def read_code(page: Page, site: Site, address: str) -> str:
    """Return the six digits in the newest mail to an address."""
    box = _newest_mail(page, site, address)
    found = re.search(r"^\d{6}$", box.locator(".message").text_content() or "", re.MULTILINE)
    box.close()
    assert found
    return found.group()


def _newest_mail(page: Page, site: Site, address: str) -> Page:
    deadline = time.monotonic() + PATIENCE
    box = page.context.new_page()
    box.goto(site.mailbox)
    row = box.locator("tr", has_text=address).first
    while not row.count():
        assert time.monotonic() < deadline, f"no mail to {address}"
        box.reload()
    row.locator("a").click()
    return box


_BROKEN_WORDS = """table => {
    const walker = document.createTreeWalker(table, NodeFilter.SHOW_TEXT), broken = [];
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.parentElement.closest('code, .hidden, .breaks, details:not([open])')) continue;
        for (const word of node.data.matchAll(/[^\\s\\u00ad-]+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
            if (lines.size > 1) broken.push(word[0]);
        }
    }
    return broken;
}"""


def broken_words(page: Page) -> list[str]:
    """Return the words in a page's tables that stand on two lines.

    Codes and what is marked with `breaks` (addresses) may break anywhere.
    """
    tables = page.locator("table").all()
    return [word for table in tables for word in table.evaluate(_BROKEN_WORDS)]


def horizontal_overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window.

    Asked of the element, which is waited for: between two pages there is none.
    """
    return int(page.locator("html").evaluate("page => page.scrollWidth - page.clientWidth"))
