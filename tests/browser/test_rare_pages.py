"""Pages that few people meet, for everybody too: axe looks at each, light and dark.

They are made by the application itself, with its clock, and shown in a Chromium that is
handed them: no running site gets there within a test's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from campaign.signatures.rows import SignatureRow
from tests.browser.accessibility import accessibility_violations
from tests.helpers.campaigns import loaded_campaign

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.long


HOST = "http://localhost"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


class Album:
    """Pages by what they are, as the site answered."""

    def __init__(self, supporter: Supporter) -> None:
        self.pages: dict[str, str] = {}
        self._browser = supporter.browser

    def get(self, what: str, path: str, status: int = 200) -> None:
        self._keep(what, self._browser.get(path), status)

    def post(self, what: str, path: str, status: int = 200, **form: str) -> None:
        answer = self._browser.post(path, data=form, follow_redirects=True)
        self._keep(what, answer, status)

    def _keep(self, what: str, answer: Any, status: int) -> None:
        assert answer.status_code == status, what
        self.pages[what] = answer.text


def sign_and_change_ones_mind(album: Album, supporter: Supporter) -> str:
    """Meet the pages of somebody who has signed; return her private page."""
    for number, way in enumerate(("own_mail", "print")):
        private = supporter.sign(email=f"way{number}@example.org", way=way)
        album.get(way, private.replace("/private/", "/done/"))
    private = supporter.sign(town="Exampletown", send_news="y", show_name="y")
    album.post("correct-with-error", f"{private}/correct", 422, name="")
    supporter.deliver()
    album.get("broken-link", f"{private}x", 404)
    album.post("withdrawn", f"{private}/withdraw")
    return private


def ask_as_a_recipient(album: Album, supporter: Supporter) -> None:
    link = supporter.letters()[-1].link("clerk")
    album.get("clerk", link)
    album.post("clerk-asked", link, wish="digest")
    grant = supporter.newest_mail("de@ministry.example").link("digest")
    album.get("clerk-grant", grant)
    album.post("clerk-granted", grant)
    album.post("clerk-faulty", link, 422, wish="pause")
    album.post("clerk-elsewhere", link, wish="address", place="desk@elsewhere.example")
    grant = supporter.newest_mail("de@ministry.example").link("preference")
    album.get("clerk-wish", grant)
    album.post("clerk-wished", grant)


def want_no_more(album: Album, supporter: Supporter, container: Container) -> None:
    with container.database.reading() as session:
        first = session.scalars(select(SignatureRow.id)).first()
    assert first
    address = container.links.unsubscribe_url(
        "en", loaded_campaign(container), first, container.clock()
    )
    album.get("unsubscribe", urlsplit(address).path)
    album.post("unsubscribed", urlsplit(address).path)
    supporter.submit(email="stranger@example.org")
    stop = supporter.newest_mail("stranger@example.org").link("stop")
    album.get("stop", stop)
    album.post("stopped", stop)


def test_axe_finds_no_barrier_in_rare_pages(
    browser: Browser, supporter: Supporter, container: Container, clock: Clock
) -> None:
    album = Album(supporter)
    private = sign_and_change_ones_mind(album, supporter)
    ask_as_a_recipient(album, supporter)
    want_no_more(album, supporter, container)
    album.post("too-much", supporter.path("/sign"), 413, paragraph="x" * 70_000)
    clock.advance(days=100)
    album.get("expired", private, 410)
    album.post("expired-asked", f"{private}/fresh")

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        shown = album.pages.get(path.removeprefix("/shown/"))
        if shown is None:
            static = supporter.browser.get(path, buffered=True)
            route.fulfill(body=static.data, content_type=static.content_type)
        else:
            route.fulfill(body=shown, content_type="text/html; charset=utf-8")

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route("**/*", answer)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for name in album.pages:
        page.goto(f"{HOST}/shown/{name}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found[f"{name} ({scheme})"] = accessibility_violations(page)
    context.close()
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(album.pages) == 20
