"""Pictures of the same pages in every language, for people to look at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser.walk import LONG_NAME, PARAGRAPH, SLUG, press
from tests.languages import GOVERNMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site


@dataclass(frozen=True)
class Sheets:
    """Where pictures go."""

    folder: Path

    def of_language(self, browser: Browser, site: Site, lang: str) -> None:
        """Take a picture of the letter's page, of the preview, of card, poster and letter."""
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{site.address}/{lang}/{SLUG}")
        self._picture(page, "letter", lang)
        page.goto(f"{site.address}/{lang}/{SLUG}/sign?government={GOVERNMENTS[lang]}")
        self._picture(page, "form", lang)
        page.locator("#name").fill(LONG_NAME)
        page.locator("#email").fill(f"sheet-{lang}@example.org")
        page.locator("#paragraph").fill(PARAGRAPH)
        page.locator("#send_letter").check()
        press(page, "preview")
        page.locator("#letter").wait_for()
        self._picture(page, "preview", lang)
        for name in ("card.png", "poster.pdf"):
            made = page.request.get(f"{site.address}/{lang}/{SLUG}/{name}").body()
            (self.folder / f"{name.partition('.')[0]}-{lang}.{name.partition('.')[2]}").write_bytes(
                made
            )
        context.close()

    def _picture(self, page: Page, kind: str, lang: str) -> None:
        page.screenshot(path=self.folder / f"{kind}-{lang}.png", full_page=True)
