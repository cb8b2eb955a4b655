"""What an organiser does with the steps of a draft, as a browser sends them."""

from __future__ import annotations

import io
import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from campaign.campaigns.queries import bundle_versions
from campaign.campaigns.rows import CampaignRow
from campaign.services import create_worker

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from tests.organiser import Organiser

NEW = "/console/campaigns/new"
RIVERS = "/console/c/clean-rivers"
GERMAN = f"{RIVERS}/draft/words/de"
LETTER = f"{RIVERS}/draft/letter"
DEMANDS = f"{RIVERS}/draft/demands"
RECIPIENTS = f"{RIVERS}/draft/recipients"
CORRECTED = {"change": "correction", "reason": "A test."}
HARBOURS = "/console/c/harbour-quiet"


def base_of(page: TestResponse) -> str:
    found = re.search(r'name="(?:base|version)" value="(\d+)"', page.text)
    assert found, page.text
    return found.group(1)


class Fields(HTMLParser):
    """What a browser would send of a page's forms, beside buttons and tokens.

    `areas`: the names of the fields for texts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.areas: list[str] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name not in {"", "csrf_token"}:
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self.values[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
            self.areas.append(name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data.removeprefix("\r\n").removeprefix("\n")


def values_of(page: TestResponse) -> dict[str, str]:
    fields = Fields()
    fields.feed(page.text)
    return fields.values


def save(organiser: Organiser, path: str, **fields: str) -> TestResponse:
    """Send a step of a draft as its page stands now, with some fields written."""
    return organiser.post(path, **{**values_of(organiser.get(path)), **fields})


def begin(owner: Organiser, **fields: str) -> TestResponse:
    given = {"name": "Clean rivers", "author": "Example River Trust", "language": "en", **fields}
    return owner.post(f"{NEW}/blank", **given)


def write_rivers(owner: Organiser) -> None:
    begin(owner)
    letter = {
        "title": "Let our rivers run clean",
        "summary": "The Example River Trust asks governments to keep rivers clean.",
    }
    save(owner, f"{RIVERS}/draft/letter", **letter)
    for heading, text in (
        ("Stop dumping", "Stop the dumping of waste into rivers."),
        ("Measure", "Measure the quality of the water each month."),
    ):
        new = {"heading-NEW": heading, "text-NEW": text}
        save(owner, f"{RIVERS}/draft/demands", act="save", **new)


def add_german(owner: Organiser) -> None:
    """Add German to the draft of the rivers, with something in every field for a text."""
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    fields = Fields()
    fields.feed(owner.get(GERMAN).text)
    texts = {name: f"Deutsch {name}" for name in fields.areas}
    assert save(owner, GERMAN, **texts).status_code == 303


def rehearse(owner: Organiser) -> str:
    """Start a rehearsal of the rivers, or show it as it is now; return the secret slug."""
    version = base_of(owner.get(f"{RIVERS}/draft/letter"))
    done = owner.post(f"{RIVERS}/rehearsal/start", version=version)
    assert done.status_code == 303, done.text
    found = re.search(r"/(rehearsal-[0-9a-f]{32})/?<", owner.get(f"{RIVERS}/rehearsal").text)
    assert found
    return found[1]


def publish(owner: Organiser, path: str, **fields: str) -> TestResponse:
    return owner.post(f"{path}/publication/publish", **shown_on(owner, path), **fields)


def shown_on(owner: Organiser, path: str) -> dict[str, str]:
    """Return which version of a draft, and which plan, the page that publishes shows."""
    page = owner.get(f"{path}/publication")
    return {"version": base_of(page), "planned": values_of(page).get("planned", "")}


def draft_of(container: Container, slug: str) -> dict[str, str]:
    with container.database.reading() as session:
        row = session.scalars(select(CampaignRow).where(CampaignRow.slug == slug)).one()
        assert row.draft_version is not None
        return bundle_versions.files(session, row.id, row.draft_version)


def keys_of(container: Container) -> list[str]:
    facts = draft_of(container, "clean-rivers")["campaign.toml"]
    return re.findall(r'key = "(\w+)"', facts)


def upload(owner: Organiser, content: bytes, **fields: str) -> TestResponse:
    data = {"csrf_token": owner.form(), "bundle": (io.BytesIO(content), "bundle.zip"), **fields}
    return owner.browser.post(f"{NEW}/upload", data=data)


def housekeeping(container: Container, transport: MemoryTransport) -> None:
    """Let a worker that has just started do everything that is due."""
    worker = create_worker(container, transport)
    while worker.step():
        pass


def typed(organiser: Organiser, path: str, fields: dict[str, str]) -> TestResponse:
    """Send a form as the page's script does while somebody writes."""
    data: dict[str, Any] = {"csrf_token": organiser.form(), **fields}
    return organiser.browser.post(path, data=data, headers={"Accept": "application/json"})


def row_of(container: Container, slug: str) -> CampaignRow:
    with container.database.reading() as session:
        return session.scalars(select(CampaignRow).where(CampaignRow.slug == slug)).one()


def preflight_lines(
    owner: Organiser, path: str = f"{RIVERS}/publication"
) -> dict[str, tuple[str, str]]:
    """Return the level and the text of each line of the preflight, by name."""
    found = re.findall(
        r'<div class="(\w+)"><dt>([^<]+)</dt><dd>(.*?)</dd></div>', owner.get(path).text, re.DOTALL
    )
    return {name: (level, unescape(re.sub(r"<[^>]+>", "", text))) for level, name, text in found}
