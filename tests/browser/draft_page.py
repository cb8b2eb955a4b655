"""An organiser writes a draft in a real Chromium: saved while she does, previewed, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.test_journey import says

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

    from tests.browser.test_journey import Visitor


def is_asked_before_leaving(organiser: Visitor, slug: str) -> bool:
    """Write a title, press the link of another step, and stay if the browser asks."""
    page = organiser.page
    page.goto(f"{organiser.site.address}/console/c/{slug}/draft/letter")
    page.get_by_label("Title", exact=True).fill("Not saved yet")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="Demands", exact=True).click(no_wait_after=True)
    page.wait_for_timeout(300)
    return asked == ["beforeunload"]


def is_previewed_while_she_writes(organiser: Visitor, slug: str) -> bool:
    """Open the preview beside the letter, change the title, and see it there."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"
    before = page.viewport_size
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address)
    page.get_by_role("button", name="Preview what I have written").click()
    page.get_by_label("Title", exact=True).fill("Let the rivers of Europe run")
    heading = page.frame_locator(".preview-pane iframe").locator("h1")
    heading.get_by_text("Let the rivers of Europe run").wait_for()
    page.get_by_role("button", name="Close the preview").click()
    closed = page.locator(".preview-pane").count() == 0
    if before:
        page.set_viewport_size(before)
    return closed


def is_saved_while_she_writes(organiser: Visitor, slug: str) -> bool:
    """Write a title, wait, and find it there when the page is opened again."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"
    page.goto(address)
    page.get_by_label("Title", exact=True).fill("Let all our rivers run clean")
    page.wait_for_timeout(3_000)
    said = page.get_by_role("status").inner_text()
    page.goto(address)
    written = page.get_by_label("Title", exact=True).input_value()
    return said.startswith("Saved at ") and written == "Let all our rivers run clean"


def is_kept_while_the_site_is_away(organiser: Visitor, slug: str) -> bool:
    """Press the button while nothing answers, find the words on the page, and save them then."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"
    page.goto(address)
    page.route("**/draft/letter", lambda route: route.abort())
    page.get_by_label("Summary", exact=True).fill("Written while nothing answered.")
    page.get_by_role("button", name="Save and go on to the demands").click()
    says(page, "Not saved: the site is not responding.")
    still_there = page.get_by_label("Summary", exact=True).input_value()
    page.unroute("**/draft/letter")
    page.get_by_role("button", name="Save and go on to the demands").click()
    page.wait_for_url("**/draft/demands*")
    page.goto(address)
    saved = page.get_by_label("Summary", exact=True).input_value()
    return still_there == saved == "Written while nothing answered."


TYPE_ON = """() => {
  const fetched = window.fetch;
  window.fetch = async (...what) => {
    const answer = await fetched(...what);
    window.fetch = fetched;
    const field = document.querySelector("textarea[name=text]");
    field.value = field.value.replace("Mine", "Mine too");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return answer;
  };
}"""
"""Types on after the server has saved, and before the page has its answer."""


def is_joined_while_she_types_on(organiser: Visitor, slug: str) -> bool:
    """Write in one paragraph, and on while it is saved, after another tab wrote in another one."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"

    def write(where: Page, text: str) -> None:
        where.locator("textarea[name=text]").evaluate("one => one.closest('details').open = true")
        where.locator("textarea[name=text]").fill(text)

    page.goto(address)
    write(page, "First\n\nsecond\n\nthird")
    page.get_by_role("status").get_by_text("Saved at ").wait_for()
    other = page.context.new_page()
    other.goto(address)
    write(other, "First\n\nsecond\n\nTheirs")
    other.get_by_role("status").get_by_text("Saved at ").wait_for()
    other.close()
    page.evaluate(TYPE_ON)
    write(page, "Mine\n\nsecond\n\nthird")
    page.wait_for_timeout(5_000)
    page.goto(address)
    joined = page.locator("textarea[name=text]").input_value()
    return joined.split("\n\n") == ["Mine too", "second", "Theirs"]


def is_left_alone_while_she_types(organiser: Visitor, slug: str) -> bool:
    """Type in one paragraph, and on after it was saved, while another tab writes elsewhere."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"
    page.goto(address)
    field = page.locator("textarea[name=text]")
    field.evaluate("one => one.closest('details').open = true")
    field.fill("First\n\nsecond\n\nthird")
    page.get_by_role("status").get_by_text("Saved at ").wait_for()
    other = page.context.new_page()
    other.goto(address)
    other.locator("textarea[name=text]").fill("First\n\nsecond\n\nTheirs")
    other.get_by_label("Summary", exact=True).fill("Written in another tab.")
    other.get_by_role("status").get_by_text("Saved at ").wait_for()
    other.close()
    field.evaluate("one => { one.focus(); one.setSelectionRange(5, 5); }")
    for words in (" mine", " and more"):
        page.keyboard.type(words)
        page.wait_for_timeout(3_000)
    typed = field.input_value()
    page.goto(address)
    text = page.locator("textarea[name=text]").input_value()
    summary = page.get_by_label("Summary", exact=True).input_value()
    return (typed.split("\n\n"), text.split("\n\n"), summary) == (
        ["First mine and more", "second", "third"],
        ["First mine and more", "second", "Theirs"],
        "Written in another tab.",
    )


def is_saved_by_enter(organiser: Visitor, slug: str) -> bool:
    """Press Enter in a line: it saves, and opens no preview."""
    page, address = organiser.page, f"{organiser.site.address}/console/c/{slug}/draft/letter"
    page.goto(address)
    page.get_by_label("Title", exact=True).press("Enter")
    page.wait_for_url("**/draft/demands*")
    return len(page.context.pages) == 1
