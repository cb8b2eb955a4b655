"""Pictures of the same pages in every language, for people to look at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.letter_checks import longest_letter
from campaign.container import build_container
from campaign.language.formats import long_date
from campaign.printing.renderer import PrintedLetter
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.load import load_settings
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.browser.walk import LONG_NAME, PARAGRAPH, SLUG, begin, walk
from tests.languages import EU_LANGUAGES, GOVERNMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site

WIDTHS = (320, 768, 1280)


@dataclass(frozen=True)
class Sheets:
    """Where pictures go."""

    folder: Path

    def of_language(self, browser: Browser, site: Site, lang: str) -> None:
        """Take a picture of the letter's page and the preview; keep card and poster."""
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{site.address}/{lang}/{SLUG}")
        self._picture(page, f"letter-{lang}")
        page.goto(f"{site.address}/{lang}/{SLUG}?government={GOVERNMENTS[lang]}")
        begin(page, f"sheet-{lang}@example.org", LONG_NAME)
        page.locator("#paragraph").fill(PARAGRAPH)
        self._picture(page, f"preview-{lang}")
        for name in ("card.png", "poster.pdf"):
            made = page.request.get(f"{site.address}/{lang}/{SLUG}/{name}").body()
            kind, _, suffix = name.partition(".")
            (self.folder / f"{kind}-{lang}.{suffix}").write_bytes(made)
        context.close()

    def of_states(self, browser: Browser, site: Site, lang: str) -> None:
        """Take a picture of every page and state, at three widths, light and dark."""
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme
                )
                page = context.new_page()
                for state in walk(page, site, lang):
                    self._picture(page, f"{state.name}-{width}-{scheme}")
                context.close()

    def of_printed_letters(self, instance: Path) -> None:
        """Keep the longest letter on paper in every language."""
        container = build_container(load_settings({"CAMPAIGN_INSTANCE": str(instance)}))
        campaign = load_bundle(SHIPPED_CAMPAIGNS / SLUG, container.bundle_context)
        for lang in EU_LANGUAGES:
            recipient = container.reference.recipients[recipient_key(GOVERNMENTS[lang])]
            text = longest_letter(campaign, GOVERNMENTS[lang], lang)
            printed = PrintedLetter(
                language=lang,
                sender=("Testa Example", "Example Street 1", "00000 Exampletown"),
                address=(next(iter(recipient.names.values())), *recipient.postal_lines),
                date=long_date(date(2026, 11, 25), lang),
                subject=text.subject,
                salutation=text.salutation,
                body=text.body,
                signature=("Testa Example",),
            )
            (self.folder / f"printed-{lang}.pdf").write_bytes(
                container.pdf_renderer.render_letter(printed)
            )
        container.database.close()

    def _picture(self, page: Page, name: str) -> None:
        page.screenshot(path=self.folder / f"{name}.png", full_page=True)
