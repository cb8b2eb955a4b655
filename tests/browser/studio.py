"""An organiser makes a campaign in two languages, and every press and field of hers is counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser.accessibility import accessibility_violations
from tests.browser.test_journey import says
from tests.browser.walk import press, read_mail

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.test_journey import Visitor

STUDIO_PAGES = (
    *("", "?span=hours", "signatures", "letters", "attack", "publication", "rehearsal"),
    *("draft/letter", "draft/demands", "draft/recipients", "draft/languages", "draft/words/de"),
    *("draft/variants", "draft/history", "draft/changes?since=1", "draft/preview"),
    *(f"draft/preview?preview-show={kind}" for kind in ("letter", "mails", "image")),
)

MAX_EFFORT = 60
"""Presses and fields from the list of campaigns to two published languages."""

DEMANDS = {
    "Stop dumping": "Stop the dumping of waste into rivers.",
    "Measure": "Measure the quality of the water each month.",
}
GERMAN = {
    "Title": "Lasst unsere Flüsse sauber",
    "Summary": "Der Example River Trust bittet die Regierungen der EU um saubere Flüsse.",
    "Demand 1: heading": "Nichts kippen",
    "Demand 1: sentence": "Kippen Sie keinen Müll in Flüsse.",
    "Demand 2: heading": "Messen",
    "Demand 2: sentence": "Messen Sie jeden Monat die Güte des Wassers.",
}


@dataclass
class Effort:
    """A page on which presses and fields are counted."""

    page: Page
    number: int = 0

    def press(self, name: str) -> None:
        self.number += 1
        button = self.page.get_by_role("button", name=name, exact=True)
        if not button.locator("xpath=ancestor::form[@data-draft]").count():
            button.click()
            return
        # A draft is saved in the background first, in case that the site does not answer.
        with self.page.expect_navigation():
            button.click()

    def follow(self, name: str) -> None:
        self.number += 1
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def fill(self, label: str, text: str) -> None:
        self.number += 1
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, value: str) -> None:
        self.number += 1
        self.page.get_by_label(label, exact=True).select_option(value)


def make_a_campaign(organiser: Visitor, name: str) -> int:
    """Make and publish a campaign; return how many presses and fields that took."""
    page = organiser.page
    does = Effort(page)
    page.goto(f"{organiser.site.address}/console/campaigns")
    organiser.look("campaigns")
    does.follow("New campaign")
    organiser.look("new-campaign")
    does.fill("Name of the campaign", name)
    does.fill("Who asks? The author of the letter", "Example River Trust")
    does.press("Create and write the letter")
    does.fill("Title", "Let our rivers run clean")
    does.fill("Summary", "The Example River Trust asks EU governments for clean rivers.")
    organiser.look("draft-letter")
    does.press("Save and go on to the demands")
    for heading, text in DEMANDS.items():
        page.locator("#heading-NEW").fill(heading)
        page.locator("#text-NEW").fill(text)
        does.number += 2
        does.press("Save and add another")
    organiser.look("draft-demands")
    does.press("Save and go on to the recipients")
    organiser.look("draft-recipients")
    does.press("Save and go on to the languages")
    does.choose("Language", "de")
    does.press("Add and translate")
    for label, text in GERMAN.items():
        does.fill(label, text)
    organiser.look("draft-words")
    does.press("Save")
    organiser.look("draft-languages")
    does.follow("Check and publish")
    organiser.look("publication-draft")
    rehearse(organiser, does)
    does.follow("Check and publish")
    says(page, "has read a letter of this draft")
    does.press("Publish now")
    says(page, "Published.")
    organiser.look("publication")
    return does.number


def rehearse(organiser: Visitor, does: Effort) -> None:
    """Sign the draft under its secret address as a colleague, and say that the letter is right."""
    page, email = organiser.page, f"colleague-{time.monotonic_ns()}@example.org"
    does.follow("Fix rehearsal")
    organiser.look("rehearsal")
    does.press("Start a rehearsal")
    console = page.url
    page.goto(page.locator("p.copy code").inner_text())
    says(page, "what you sign here does not count")
    organiser.look("rehearsed-letter")
    does.fill("Your name", "Testa Colleague")
    does.fill("Your e-mail address", email)
    does.choose("Your government", "DE")
    does.number += 1
    page.get_by_label("Sign and write to my government").check()
    does.press("Continue")
    does.number += 1
    press(page, "send")
    says(page, "Check your e-mail")
    page.goto(read_mail(page, organiser.site, email, "confirm"))
    does.press("Confirm my signature")
    says(page, "Thank you")
    page.goto(console)
    organiser.look("rehearsal-going")
    does.press("I have read a letter, and it is correct")


def look_at_the_rest(organiser: Visitor, slug: str) -> None:
    """Look at the pages beside the way: the team, the history, and the page for supporters."""
    page, address = organiser.page, organiser.site.address
    page.goto(f"{address}/de/{slug}")
    says(page, "Lasst unsere Flüsse sauber")
    page.goto(f"{address}/console/c/{slug}/team")
    organiser.look("team")
    page.goto(f"{address}/console/c/{slug}/draft/history")
    organiser.look("history")


def look_at_previews(organiser: Visitor, slug: str) -> None:
    """Look at the sentences of letters, and at everything that a draft can be seen as."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft"
    page.goto(f"{address}/variants")
    organiser.look("draft-variants")
    for kind in ("page", "letter", "mails", "image"):
        page.goto(f"{address}/preview?preview-show={kind}")
        organiser.look(f"preview-{kind}")


def barriers_of(organiser: Visitor, slug: str) -> dict[str, list[str]]:
    """Return what axe finds on the studio's pages, and on what organisers open every day."""
    page, found = organiser.page, {}
    for path in STUDIO_PAGES:
        page.goto(f"{organiser.site.address}/console/c/{slug}/{path}")
        if violations := accessibility_violations(page):
            found[path] = violations
    return found
