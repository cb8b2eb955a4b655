"""A partner's page with the letter in it, in a real browser: framed, sized, signed."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.browser.conftest import Site, free_port, start, stop, wait_until_up
from tests.browser.walk import SLUG, begin, press, read_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.long


PAGE = """<!doctype html><html lang="en"><title>A partner</title><h1>A partner's page</h1>
<iframe id="count" title="Open letter" height="50"
 src="{site}/embed/en/{slug}?source=partner"></iframe>
<iframe id="form" title="Sign" height="50"
 src="{site}/embed/en/{slug}/sign?source=partner&government=DE"></iframe>
<script src="{site}/embed/size.js"></script></html>"""


@contextmanager
def partner(site: Site) -> Iterator[str]:
    """Serve a page that embeds the letter; give its origin."""
    body = PAGE.format(site=site.address, slug=SLUG).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site whose campaign one partner may embed, and that partner's page."""
    tmp_path = tmp_path_factory.mktemp("embedding")
    site = Site(free_port(), tmp_path / "instance")
    with partner(site) as origin:
        bundle = shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, tmp_path / "campaigns" / SLUG)
        facts = (bundle / "campaign.toml").read_text()
        allowed = f'\nembed_hosts = ["{origin}"]\n# was: '
        (bundle / "campaign.toml").write_text(facts.replace("\n# embed_hosts = ", allowed))
        process = start(site, CAMPAIGN_CAMPAIGNS=str(tmp_path / "campaigns"))
        wait_until_up(site, process)
        yield site, origin
        stop(process)


def test_a_letter_is_signed_from_a_partners_page(
    browser: Browser, embedding: tuple[Site, str]
) -> None:
    site, origin = embedding
    context = browser.new_context(viewport={"width": 700, "height": 900})
    page = context.new_page()
    page.goto(origin)
    button = page.frame_locator("#count").get_by_role("link", name="Sign the letter")
    assert "source=partner" in (button.get_attribute("href") or "")
    page.wait_for_function("document.getElementById('form').clientHeight > 500")

    form = page.frame_locator("#form")
    email = f"framed-{time.monotonic_ns()}@example.org"
    frame = page.frame(url=f"{site.address}/embed/en/{SLUG}/sign*")
    assert frame
    begin(frame, email)
    press(frame, "send")
    form.locator("#code").wait_for()
    assert page.url.startswith(origin)
    assert context.cookies() == []

    form.locator("#code").fill(read_code(page, site, email))
    form.locator("form button").first.click()
    page.wait_for_url(f"{site.address}/en/{SLUG}/done/**")
    context.close()


def test_another_page_may_not_frame_it(browser: Browser, embedding: tuple[Site, str]) -> None:
    site, _ = embedding
    with partner(site) as stranger:
        page = browser.new_page()
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.goto(stranger)
        page.close()
