"""Whether the site's answer tells anything about an address, and what a mailbox can be sent.

A new, a known, a stopped, a capped and a held address sign in turn, over HTTP, at the server
that is documented, without a worker. Prints the median time of the last POST and of the page
after it, and how many bytes of that page differ once tokens are taken out. Then a stranger's
mailbox is bombed in every spelling, and the mails that leave are counted.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from footprint import free_port, wait_for
from made_up import SLUG, sign

from campaign.container import build_container
from campaign.delivery.transports.memory import MemoryTransport
from campaign.operations.commands.prepare import load_data
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from campaign.signatures.queries import mail_caps
from campaign.signatures.sealing import hash_identities, hash_identity
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

ROUNDS = 100
TRIES = 1000
LIMIT_MS = 5.0
MOST_MAILS = 3
TOKEN = re.compile(rb"[\w-]{32}\.[\w-]{43}|\b0[0-9a-f-]{35}\b|[\w-]{60,}")
DEMANDS = ("report", "assess", "rethink", "benchmarks", "open", "un")
LANGUAGES = ("en", "de", "fr", "mt")


class Visitor:
    """Signs over HTTP, as a program does that sends the form and nothing else."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)

    def sign(
        self, email: str, *, lang: str = "en", comment: str = ""
    ) -> tuple[float, float, bytes]:
        """Return the milliseconds of the last POST and of the next page, and that page."""
        path = f"/{lang}/{SLUG}/sign"
        form = self._fields(self._ask("GET", f"/{lang}/{SLUG}")[1])
        form += [("name", "Testa Example"), ("email", email), ("government", "DE")]
        form += [("choice", "write"), ("comment", comment)]
        _, preview = self._ask("POST", path, [*form, ("step", "next")])
        form = [pair for pair in form if pair[0] not in {"stamp", "revision"}]
        written = self._fields(preview) + [("demands", key) for key in DEMANDS]
        written.append(("subject", _value(rb'<input id="subject"[^>]* value="([^"]*)"', preview)))
        written.append(
            ("body", _value(rb'<textarea[^>]* name="body"[^>]*>\n(.*?)</textarea>', preview))
        )
        began = time.perf_counter()
        location, _ = self._ask("POST", path, [*form, *written, ("step", "send")])
        posted = time.perf_counter()
        if "/check/" not in location:
            sys.exit(f"signing with {email} was not taken")
        _, page = self._ask("GET", location)
        return (posted - began) * 1000, (time.perf_counter() - posted) * 1000, page

    def _ask(
        self, method: str, path: str, form: list[tuple[str, str]] | None = None
    ) -> tuple[str, bytes]:
        body = urlencode(form) if form else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.headers.get("Location", ""), answer.read()

    @staticmethod
    def _fields(page: bytes) -> list[tuple[str, str]]:
        wanted = rb'<input type="hidden" name="(stamp|revision|basis)" value="([^"]*)"'
        return [(name.decode(), value.decode()) for name, value in re.findall(wanted, page)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            **os.environ,
            "CAMPAIGN_INSTANCE": folder,
            "CAMPAIGN_NETWORK_PER_FORM": "1000000",
            "CAMPAIGN_NETWORK_OVERALL": "1000000",
            "CAMPAIGN_NETWORK_MAILS_PER_HOUR": "1000000",
            "CAMPAIGN_MAILS_PER_HOUR": "10000000",
            "CAMPAIGN_MAILS_PER_DOMAIN": "10000000",
        }
        container = build_container(load_settings(environ))
        migrate.upgrade(container.database)
        load_data(container)
        prepare(container)
        with server(environ) as port:
            compare(Visitor(port))
            bomb(Visitor(port), container)
        container.database.close()


def prepare(container: Container) -> None:
    """Confirm testa0@example.org, stop one address, and use up another one's mails."""
    sign(container, 1)
    now = datetime.now(UTC)
    with container.database.writing() as session:
        mail_caps.suppress(session, hash_identity(container.keyring, "stopped@example.org"), now)
        for _ in range(MOST_MAILS):
            mail_caps.consume(
                session, hash_identities(container.keyring, "capped@example.org"), now.date()
            )


@contextmanager
def server(environ: dict[str, str]) -> Iterator[int]:
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:campaign.server"]
    running = subprocess.Popen(
        [*gunicorn, "--bind", f"127.0.0.1:{port}", "app:app"], cwd=BASE_DIR, env=environ
    )
    try:
        wait_for(port)
        yield port
    finally:
        running.terminate()
        running.wait()


def compare(visitor: Visitor) -> None:
    posts, pages = defaultdict(list), defaultdict(list)
    seen: dict[str, bytes] = {}
    for number in range(ROUNDS):
        kinds = {
            "new": f"new{number}@example.org",
            "known": "testa0@example.org",
            "stopped": "stopped@example.org",
            "capped": "capped@example.org",
            "held": f"held{number}@example.org",
        }
        for kind, email in kinds.items():
            posted, shown, page = visitor.sign(email, comment="x" if kind == "held" else "")
            posts[kind].append(posted)
            pages[kind].append(shown)
            seen[kind] = TOKEN.sub(b"TOKEN", page)
    base = {"post": statistics.median(posts["new"]), "page": statistics.median(pages["new"])}
    print(
        f"answers by the kind of address, medians of {ROUNDS};"
        f" limit: {LIMIT_MS:.0f} ms apart, 0 bytes"
    )
    for kind in posts:
        post, shown = statistics.median(posts[kind]), statistics.median(pages[kind])
        differ = sum(a != b for a, b in zip(seen[kind], seen["new"], strict=False))
        differ += abs(len(seen[kind]) - len(seen["new"]))
        print(
            f"  {kind:8} POST {post:6.1f} ms ({post - base['post']:+.1f})"
            f"   page {shown:6.1f} ms ({shown - base['page']:+.1f})   {differ} bytes differ"
        )


def bomb(visitor: Visitor, container: Container) -> None:
    """Sign with one Gmail mailbox in many spellings and languages; count what leaves."""
    for number in range(TRIES):
        dotted = "victim" if number % 2 else "v.ic.tim"
        name = dotted.upper() if number % 3 == 0 else dotted
        domain = ("gmail.com", "googlemail.com", "GMAIL.com")[number % 3]
        visitor.sign(f"{name}+{number}@{domain}", lang=LANGUAGES[number % len(LANGUAGES)])
    sent = MemoryTransport()
    worker = create_worker(container, sent)
    while worker.step():
        pass
    victims = [one.recipient for one in sent.sent if "tim" in one.recipient.lower()]
    print(
        f"mails to one mailbox after {TRIES} tries in every spelling: {len(victims)}"
        f"   limit {MOST_MAILS}"
    )


def _value(pattern: bytes, page: bytes) -> str:
    found = re.search(pattern, page, re.DOTALL)
    if found is None:
        sys.exit("the letter was not shown")
    return found.group(1).decode().replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")


if __name__ == "__main__":
    main()
