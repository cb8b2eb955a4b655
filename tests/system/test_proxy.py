"""The proxy that is documented, a real nginx: what it keeps, and whom it counts as one."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from campaign.campaigns.pages.public import CACHE_SECONDS, STALE_SECONDS
from campaign.store.tokens import DeviceCookie, Tokens
from tests.bad_days.parts import prepared
from tests.browser.conftest import free_port
from tests.helpers.running_site import RunningSite, get, stopping
from tests.helpers.worker_processes import submit_signatures
from tests.visitor import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 3.0
OLD = CACHE_SECONDS + 1.2
"""Seconds after which a page is no longer fresh: nginx counts whole ones."""

FORGOTTEN = OLD + STALE_SECONDS + 1
PUBLIC = f"public, max-age={CACHE_SECONDS}, stale-while-revalidate={STALE_SECONDS}"
LIMITED = {
    "server_tokens off;": (
        "server_tokens off; set_real_ip_from 127.0.0.1; real_ip_header X-Came-From;"
    ),
    "rate=50r/s": "rate=1r/m",
    "burst=200": "burst=2",
    "proxy_cache campaign_pages;": "proxy_cache off;",
}
"""Here each request says where it comes from, and the first three of a network are let through."""

Asked = tuple[int, str, str]


class Application(ThreadingHTTPServer):
    """Answers with the number of the request; `before`: what happens first."""

    def __init__(self, port: int) -> None:
        self.asked = 0
        self.before: Callable[[], object] = lambda: None
        super().__init__(("127.0.0.1", port), _Answer)
        threading.Thread(target=self.serve_forever).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Answer(BaseHTTPRequestHandler):
    server: Application

    def do_GET(self) -> None:
        self.server.asked += 1
        body = str(self.server.asked).encode()
        self.server.before()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-store" if "sign" in self.path else PUBLIC)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(open_folder: Path) -> RunningSite:
    return RunningSite(open_folder, free_port(), free_port(), "")


@pytest.fixture
def application(site: RunningSite) -> Iterator[Application]:
    made = Application(site.port)
    yield made
    made.close()


@pytest.fixture
def proxied(site: RunningSite, request: pytest.FixtureRequest) -> Iterator[RunningSite]:
    """Give the site behind nginx; a parameter is what is changed in its configuration."""
    with stopping(site.nginx(**getattr(request, "param", {}))):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", site.proxy)) == 0:
                    break
            time.sleep(0.05)
        yield site


def ask(site: RunningSite, path: str, **headers: str) -> Asked:
    """Return status, body and Cache-Control of an answer through the proxy."""
    unverified = ssl._create_unverified_context()  # noqa: S323 - loopback
    connection = HTTPSConnection("localhost", site.proxy, timeout=2 * PATIENCE, context=unverified)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **named})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.getheader("Cache-Control", "")
    finally:
        connection.close()


def at_once(site: RunningSite, path: str, visitors: int) -> list[Asked]:
    with ThreadPoolExecutor(visitors) as hands:
        return list(hands.map(lambda _: ask(site, path), range(visitors)))


def test_two_who_ask_at_once_for_what_is_never_kept_do_not_wait_for_each_other(
    proxied: RunningSite, application: Application
) -> None:
    together = threading.Barrier(2)
    application.before = lambda: together.wait(PATIENCE)
    statuses = [status for status, _, _ in at_once(proxied, "/en/letter/sign", 2)]
    assert statuses == [200, 200]


def test_a_burst_gets_the_page_of_before_while_one_request_fetches_it_again(
    proxied: RunningSite, application: Application
) -> None:
    ask(proxied, "/en/letter")
    time.sleep(OLD)
    fetched = threading.Event()
    application.before = lambda: fetched.wait(PATIENCE)
    assert {body for _, body, _ in at_once(proxied, "/en/letter", 20)} == {"1"}
    assert not fetched.is_set()
    fetched.set()
    deadline = time.monotonic() + PATIENCE
    while ask(proxied, "/en/letter")[1] == "1":
        assert time.monotonic() < deadline
    assert application.asked == 2


def test_after_a_quiet_time_the_first_visitor_gets_the_page_as_it_is_now(
    proxied: RunningSite, application: Application
) -> None:
    ask(proxied, "/en/letter")
    time.sleep(FORGOTTEN)
    assert ask(proxied, "/en/letter")[1] == "2"


def test_older_pages_are_shown_while_the_application_is_down_and_no_longer(
    proxied: RunningSite,
) -> None:
    application = Application(proxied.port)
    ask(proxied, "/en/letter")
    application.close()
    time.sleep(FORGOTTEN)
    assert ask(proxied, "/en/letter")[:2] == (200, "1")
    assert ask(proxied, "/en/never-asked-for")[0] == 503
    application = Application(proxied.port)
    application.asked = 10
    try:
        assert ask(proxied, "/en/letter")[:2] == (200, "11")
    finally:
        application.close()


def test_the_longer_time_is_for_the_proxy_alone(
    proxied: RunningSite, application: Application
) -> None:
    assert [ask(proxied, "/en/letter")[1:] for _ in range(2)] == [("1", "public, max-age=1")] * 2
    assert ask(proxied, "/en/letter/sign")[1:] == ("2", "no-store")


def test_browsers_that_read_gzip_share_a_page_however_they_say_it(
    proxied: RunningSite, application: Application
) -> None:
    spellings = ("gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8")
    assert {ask(proxied, "/en/letter", Accept_Encoding=one)[1] for one in spellings} == {"1"}
    assert ask(proxied, "/en/letter", Accept_Encoding="identity")[1] == "2"


def test_the_first_visitor_after_a_quiet_time_gets_the_count_as_it_is_now(
    open_folder: Path,
) -> None:
    site = prepared(open_folder, f"sqlite:///{open_folder}/site.sqlite3")
    container, counts = site.container(), f"/{SLUG}/counts.json"
    try:
        with stopping(site.web(), site.nginx()):
            site.wait()
            assert json.loads(get(site.proxy, counts))["signature_count"] == 0
            submit_signatures(container, 3, confirm=True)
            time.sleep(FORGOTTEN)
            assert json.loads(get(site.proxy, counts))["signature_count"] == 3
    finally:
        container.database.close()


def statuses(site: RunningSite, *addresses: str, cookie: str = "") -> list[int]:
    said = {"Cookie": cookie} if cookie else {}
    return [ask(site, "/en/letter", X_Came_From=one, **said)[0] for one in addresses]


@pytest.mark.parametrize("proxied", [LIMITED], indirect=True)
@pytest.mark.parametrize(
    ("four_of_one", "neighbour"),
    [
        # RFC 4291, section 2.2: the same 64 bits have many spellings.
        (("2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1:2:f::1"),
         "2001:db8:1:3::1"),
        (("2001:db8::1", "2001:db8::a:b:c:d", "2001:db8::b:c:d:e", "2001:db8::"),
         "2001:db8:0:a:b:c:d:e"),
        (("192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"), "::ffff:192.0.2.2"),
        (("::1", "::2", "::a:b:c:d", "::ffff:0:1:2"), "::a:b:c:d:e"),
    ],
)  # fmt: skip
def test_a_network_is_limited_however_many_addresses_it_has(
    proxied: RunningSite,
    application: Application,
    four_of_one: tuple[str, ...],
    neighbour: str,
) -> None:
    assert statuses(proxied, *four_of_one) == [200, 200, 200, 429]
    assert statuses(proxied, neighbour) == [200]


@pytest.mark.parametrize("proxied", [LIMITED], indirect=True)
def test_a_machine_beside_an_organiser_does_not_use_up_her_browsers_limit(
    proxied: RunningSite, application: Application
) -> None:
    now = datetime.now(UTC)
    device = DeviceCookie(uuid4(), uuid4(), bytes(16))
    cookie = f"__Host-console-device={Tokens([bytes(32)]).make_device_cookie(device, now)}"
    here = ["192.0.2.1"] * 4
    assert statuses(proxied, *here)[-1] == 429
    assert statuses(proxied, *here, cookie=f"theme=dark; {cookie}") == [200, 200, 200, 429]
    # Whatever a program makes up is limited like hers, and what cannot be hers like a stranger's.
    made_up = "__Host-console-device=" + "x" * 119
    assert statuses(proxied, "192.0.2.1", cookie=made_up) == [429]
    others = ["__Host-console-device=x", f"not{cookie}", f"a={cookie}"]
    assert [statuses(proxied, "192.0.2.1", cookie=one) for one in others] == [[429]] * 3
