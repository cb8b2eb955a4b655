"""What made-up organisers do, with the console's forms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_archive import write_archive
from campaign.organisers.rules.roles import Role
from campaign.store.ids import uuid7
from tests.campaigns.test_bundle_archive import texts_in
from tests.helpers.studio import base_of, begin, publish, save, upload, values_of
from tests.organiser import (
    CONSOLE_PATH,
    NAMES,
    PASSWORD,
    Organiser,
    email_of,
    path_of,
    totp_secret_in,
)

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.demo.site import DemoSite

SHIPPED = "eu-china-dialogue"
RIVERS_SLUG = "clean-rivers"
RIVERS = Path(__file__).parent.parent / "bundles" / "rivers"
QUIET = "/console/c/quiet-nights"
"""Under which the pages of the draft stand."""

NEWS = {
    "subject-en": "News of the example",
    "text-en": "Made-up supporters have written made-up letters.\r\n\r\nMore of them will follow.",
}


def welcome_editor(site: DemoSite) -> None:
    """Invite an editor of the shipped campaign, who comes at once."""
    colleague = {"name": NAMES[Role.EDITOR], "email": email_of(Role.EDITOR), "role": "editor"}
    page = site.owner().post("/console/people/invite", **colleague, campaign=SHIPPED)
    found = re.search(r"/console/welcome/[\w-]+", page.text)
    assert found, page.text
    browser, link = site.app.test_client(), found.group()
    browser.post(f"{link}/password", data={"password": PASSWORD})
    app = Organiser(site.container, browser, uuid7(site.clock()), totp_secret_in(browser.get(link)))
    _must_be_done(browser.post(f"{link}/code", data={"code": app.code()}))


def invite_translator(site: DemoSite) -> None:
    """Invite somebody for the text that the draft lacks; she has not come yet."""
    colleague = {"name": NAMES[Role.TRANSLATOR], "email": email_of(Role.TRANSLATOR)}
    work = {**colleague, "role": "translator", "campaign": "quiet-nights"}
    page = site.owner().post("/console/people/invite", languages=["de"], **work)
    assert "/console/welcome/" in page.text, page.text


def publish_rivers(site: DemoSite) -> None:
    """Upload a second campaign and publish it as it is."""
    owner = site.owner()
    upload(owner, write_archive(texts_in(RIVERS), "rivers"))
    _must_be_done(publish(owner, f"/console/c/{RIVERS_SLUG}"))


def draft_quiet_nights(site: DemoSite) -> None:
    """Begin a third campaign in two languages, of which one lacks its last text."""
    owner = site.owner()
    begin(owner, name="Quiet nights", author="Example Sleep Society")
    save(
        owner,
        f"{QUIET}/draft/letter",
        title="Let Exampletown sleep",
        summary="The Example Sleep Society, which does not exist, asks for made-up silence.",
    )
    demand = {"heading-NEW": "No bells", "text-NEW": "Let no example bell ring before eight."}
    save(owner, f"{QUIET}/draft/demands", act="save", **demand)
    base = base_of(owner.get(f"{QUIET}/draft/languages"))
    owner.post(f"{QUIET}/draft/languages/add", base=base, language="de")
    _translate_but_one(owner)


def _translate_but_one(owner: Organiser) -> None:
    texts = {
        "name": "Stille Nächte",
        "title": "Lasst Exampletown schlafen",
        "summary": "Die Example Sleep Society, die es nicht gibt, bittet um ausgedachte Stille.",
        "demands.no_bells.heading": "Keine Glocken",
    }
    save(owner, f"{QUIET}/draft/words/de", **texts)
    assert "1 text is missing" in owner.get(f"{QUIET}/draft/languages").text


def begin_attack_mode(site: DemoSite) -> None:
    reason = "Robota signs every two minutes."
    _must_be_done(site.editor().post(f"{CONSOLE_PATH}/attack/begin", reason=reason))


def end_attack_mode(site: DemoSite) -> None:
    reason = "Robota has stopped."
    _must_be_done(site.editor().post(f"{CONSOLE_PATH}/attack/end", reason=reason))


def release_one(site: DemoSite) -> None:
    """Release the newest of those that the attack held: she only came at the wrong time."""
    _act_on_newest(site, "release", "A person: she wrote to us.", "state=confirmed&held=y", 1)


def hold_two(site: DemoSite) -> None:
    _act_on_newest(site, "hold", "Twice the same words: ask her.", "state=confirmed", 2)


def invalidate_one(site: DemoSite) -> None:
    _act_on_newest(site, "invalidate", "She says that it was her cat.", "state=confirmed", 1)


def _act_on_newest(site: DemoSite, act: str, reason: str, rule: str, number: int) -> None:
    editor = site.editor()
    page = editor.get(f"{CONSOLE_PATH}/signatures?{rule}").text
    found = dict.fromkeys(re.findall(rf"{CONSOLE_PATH}/signatures/([0-9a-f-]{{36}})", page))
    for one in list(found)[:number]:
        _must_be_done(editor.post(f"{CONSOLE_PATH}/signatures/{one}/{act}", reason=reason))


def send_news(site: DemoSite) -> None:
    editor = site.editor()
    page = path_of(editor.post(f"{CONSOLE_PATH}/news/write", **NEWS)).partition("?")[0]
    seen = values_of(editor.get(page))
    _must_be_done(editor.post(f"{page}/send", **{**seen, "sure": "y"}))


def _must_be_done(answer: TestResponse) -> None:
    assert answer.status_code == 303, answer.text
