"""An organiser's day in a real Chromium: from the invitation to the hand-over pack."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pyotp
import pytest
from sqlalchemy import update

from campaign.container import build_container
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from tests.browser.conftest import Site, free_port, start, stop, wait_until_up
from tests.browser.draft_page import (
    is_asked_before_leaving,
    is_joined_while_she_types_on,
    is_kept_while_the_site_is_away,
    is_left_alone_while_she_types,
    is_previewed_while_she_writes,
    is_saved_by_enter,
    is_saved_while_she_writes,
)
from tests.browser.studio import (
    MAX_EFFORT,
    barriers_of,
    look_at_previews,
    look_at_the_rest,
    make_a_campaign,
)
from tests.browser.test_journey import Visitor, says
from tests.browser.walk import broken_words, horizontal_overflow
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long


PASSWORD = "nine purple lamps sing loudly"
WHY = "telephone call with the switchboard"
SIGNATURES = 12
DESK = 1280
LONG_NAME = "Δοκιμαστικοπαραδειγματοπούλου Beispielschifffahrtsgesellschaft"
C = "c/eu-china-dialogue"
PLACES = (
    f"{C}/",
    f"{C}/counts?by=government&by=day&by=language&by=origin&by=source",
    f"{C}/signatures",
    f"{C}/signatures?held=y&state=confirmed",
    f"{C}/signatures/rules",
    f"{C}/letters",
    f"{C}/letters?state=uncertain",
    f"{C}/exports",
    "recipients",
    "recipients/DE/foreign-affairs",
    "people",
    "log",
    "account",
)
"""The console's tables."""


@pytest.fixture(scope="module")
def console_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what organisers do here changes every count."""
    made = Site(free_port(), tmp_path_factory.mktemp("console"))
    process = start(made)
    wait_until_up(made, process)
    yield made
    stop(process)


@pytest.fixture(
    params=[(DESK, True), (360, False)], ids=["desk", "phone-without-scripts"], scope="module"
)
def organiser(
    request: pytest.FixtureRequest, browser: Browser, console_site: Site
) -> Iterator[Visitor]:
    width, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts
    )
    yield Visitor(context.new_page(), console_site, f"console-{width}")
    context.close()


def invitation(site: Site, email: str) -> str:
    """Return the link that the command prints."""
    environ = {
        "CAMPAIGN_INSTANCE": str(site.instance),
        "CAMPAIGN_BASE_URL": site.address,
    }
    command = [sys.executable, "-m", "campaign", "organiser", "invite", f"Ona {email[:4]}", email]
    said = subprocess.run(
        [*command, "--site-owner"],
        cwd=BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"http://\S+/console/welcome/\S+", said)
    assert found, said
    return found.group()


def sign_some(site: Site, source: str) -> str:
    """Store confirmed signatures of a source of their own; return the id of an uncertain letter."""
    settings = load_settings(
        {"CAMPAIGN_INSTANCE": str(site.instance), "CAMPAIGN_BASE_URL": site.address}
    )
    container = build_container(settings)
    ids = add_confirmed(container, SIGNATURES, name=LONG_NAME, source=source)
    with container.database.writing() as session:
        # No text is there to be sent; a worker that dies at the wrong moment leaves it so.
        session.execute(
            update(LetterRow)
            .where(LetterRow.signature_id.in_(ids))
            .values(state=LetterState.UNCERTAIN)
        )
        (letter,) = letters.of_signature(session, ids[0])
        letter_id = letter.id
    container.database.close()
    return str(letter_id)


def wait_for(page: Page, address: str, text: str) -> None:
    """Look again until the worker has come so far."""
    for _ in range(60):
        page.goto(address)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{text} did not come: {page.locator('main').inner_text()}")


def test_from_the_invitation_to_the_pack(organiser: Visitor, tmp_path: Path) -> None:
    page, site = organiser.page, organiser.site
    email = f"ona{page.viewport_size['width'] if page.viewport_size else 0}@example.org"

    page.goto(invitation(site, email))
    organiser.look("invitation")
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Continue").click()
    says(page, "shorter than 15 characters")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    says(page, "Add a second step")
    organiser.look("second-step")
    secret = page.locator("code.copy").inner_text()
    page.get_by_label("The code the app shows now").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Create ten codes").click()
    organiser.look("recovery-codes")
    recovery_code = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have saved them").click()
    says(page, "no e-mail address")
    organiser.look("today")

    name = f"Clean rivers {email[3:7].strip('@')}"
    assert make_a_campaign(organiser, name) <= MAX_EFFORT
    slug = name.lower().replace(" ", "-")
    with_scripts = page.viewport_size is not None and page.viewport_size["width"] == DESK
    assert is_asked_before_leaving(organiser, slug) is with_scripts
    assert is_saved_while_she_writes(organiser, slug) is with_scripts
    assert is_saved_by_enter(organiser, slug)
    look_at_previews(organiser, slug)
    if with_scripts:
        assert is_kept_while_the_site_is_away(organiser, slug)
        assert is_joined_while_she_types_on(organiser, slug)
        assert is_left_alone_while_she_types(organiser, slug)
        assert is_previewed_while_she_writes(organiser, slug)
        assert barriers_of(organiser, slug) == {}
    look_at_the_rest(organiser, slug)

    verify_a_recipient(organiser)
    source = f"robot-{email[3:7].strip('@')}"
    release_an_uncertain_letter(organiser, sign_some(site, source))
    invalidate_by_rule_and_undo(organiser, source)
    export_counts(organiser)
    build_a_pack(organiser, tmp_path)

    if page.viewport_size and page.viewport_size["width"] == DESK:
        no_word_is_broken(organiser)

    page.goto(f"{site.address}/console/log")
    for said in ("hand-over pack made", "counts exported", "invalidation by rule undone"):
        page.locator("th", has_text=said).first.wait_for()
    organiser.look("log")
    page.get_by_role("button", name="Sign out").click()
    says(page, "E-mail address")
    sign_in_by_keyboard(page, email, recovery_code)
    says(page, "All campaigns")


def no_word_is_broken(organiser: Visitor) -> None:
    page, address = organiser.page, organiser.site.address
    for width in (1024, DESK, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        for place in PLACES:
            page.goto(f"{address}/console/{place}")
            assert page.locator("table").count(), place
            assert broken_words(page) == [], f"{place} at {width}"
            assert horizontal_overflow(page) <= 0, f"{place} at {width}"
    page.set_viewport_size({"width": DESK, "height": 800})


def verify_a_recipient(organiser: Visitor) -> None:
    page = organiser.page
    page.goto(f"{organiser.site.address}/console/recipients")
    organiser.look("ministries")
    page.get_by_role("link", name="Germany").click()
    form = page.locator("form", has=page.get_by_role("button", name="Add as verified"))
    form.get_by_label("E-mail address").fill("desk@ministry.example")
    form.get_by_label("How was it checked?").fill(WHY)
    form.get_by_role("button").click()
    says(page, "The address is verified.")
    says(page, WHY)
    organiser.look("ministry")


def release_an_uncertain_letter(organiser: Visitor, letter_id: str) -> None:
    page = organiser.page
    page.goto(f"{organiser.site.address}/console/c/eu-china-dialogue/letters?state=uncertain")
    organiser.look("uncertain-letters")
    page.goto(f"{organiser.site.address}/console/c/eu-china-dialogue/letters/{letter_id}")
    says(page, "It is not known whether this letter arrived")
    page.get_by_label("Why?").fill("they have not received it")
    page.get_by_role("button", name="Send again", exact=True).click()
    says(page, "they have not received it")
    organiser.look("letter")


def invalidate_by_rule_and_undo(organiser: Visitor, source: str) -> None:
    page, address = organiser.page, organiser.site.address
    before = counted(page, address)
    page.goto(f"{address}/console/c/eu-china-dialogue/signatures/rules/new")
    page.get_by_label("Source").fill(source)
    page.get_by_role("button", name="Preview").click()
    organiser.look("rule-preview")
    page.get_by_label("Why?").fill("a program signed")
    page.get_by_role("button", name=re.compile("^Invalidate these")).click()
    says(page, "Started.")
    page.locator("main a[href*='/signatures/rules/0']").first.click()
    rule = page.url.partition("?")[0]
    wait_for(page, rule, "done since")
    organiser.look("rule-done")
    assert counted(page, address) == before - SIGNATURES
    page.goto(rule)
    page.get_by_role("link", name="Undo").click()
    page.get_by_label("Why?").fill("they were people")
    page.get_by_role("button", name="Undo").click()
    wait_for(page, rule, "undone since")
    assert counted(page, address) == before


def counted(page: Page, address: str) -> int:
    page.goto(f"{address}/console/c/eu-china-dialogue/counts")
    return int(page.locator(".count strong").inner_text().replace(",", ""))


def export_counts(organiser: Visitor) -> None:
    page = organiser.page
    total = counted(page, organiser.site.address)
    organiser.look("counts")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export this table").click()
    assert download.value.suggested_filename.startswith("counts-eu-china-dialogue-")
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "government,signatures"
    assert sum(int(line.rpartition(",")[2]) for line in lines[1:]) == total


def build_a_pack(organiser: Visitor, folder: Path) -> None:
    page, address = organiser.page, organiser.site.address
    page.goto(f"{address}/console/c/eu-china-dialogue/exports")
    page.get_by_label("Government").first.select_option("DE")
    page.get_by_label("What is it for?").first.fill("handed over in Berlin")
    page.get_by_role("button", name="Create the pack").click()
    wait_for(page, f"{address}/console/c/eu-china-dialogue/exports", "ready")
    organiser.look("exports")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    download.value.save_as(folder / "pack.zip")
    with ZipFile(folder / "pack.zip") as pack:
        assert {"letter.pdf", "MANIFEST.txt", "HOW-TO-CHECK.txt"} <= set(pack.namelist())


def sign_in_by_keyboard(page: Page, email: str, code: str) -> None:
    page.get_by_label("E-mail address").focus()
    for text in (email, PASSWORD, code):
        page.keyboard.type(text)
        if text != code:
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")
