"""The same requests on a small site and on a large one: what grows.

A thousand signatures and the recipients that ship, against ten million and 5,000 recipients more.
One web process answers one visitor; medians, in turn in pairs of the same kind. Pages are made
anew for each request (each has an address of its own), though a busy site would keep them; their
figures are looked up twice a second, as on such a site.
Signatures are made inside PostgreSQL and have no letters. `GROWTH=1000000` takes fewer.

With the large table it also says what a signature takes in the database, and how long the public
counts take.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import directory
import made_up
import millions
import psycopg
import results
import web
from console import _session
from made_up import SLUG
from sqlalchemy import select

from campaign.recipients.directory_import import import_directory
from campaign.signatures.queries import counts
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import PRIVATE_LINK_LIFETIME
from campaign.store.tokens import Purpose
from tests.bad_days.parts import Postgres, folder, prepared
from tests.helpers.campaigns import loaded_campaign
from tests.helpers.running_site import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

FEW, MANY = 1_000, int(os.environ.get("GROWTH", "10000000"))
TIMES, TURNS = 60, 3
LIMIT, LIMIT_BYTES, LIMIT_COUNTS_MS = 1.1, 1_536, 200
KINDS = ("sign", "confirm", "page", "counts.json", "private page", "dashboard")


@dataclass
class Filled:
    """A running site with so many signatures in its database."""

    site: RunningSite
    container: Container
    url: str

    def __post_init__(self) -> None:
        self._headers = {"Host": f"localhost:{self.site.proxy}", **web.HEADERS}
        self._cookie = f"__Host-console={_session(self.container)}"
        token = self.container.tokens.make(
            Purpose.PRIVATE,
            loaded_campaign(self.container).uid,
            one_more(self.container),
            self.container.clock() + PRIVATE_LINK_LIFETIME,
        )
        self._private = f"/en/{SLUG}/private/{token}"
        self._number = 0

    def times(self, kind: str) -> list[float]:
        """Return the milliseconds of each of several requests."""
        connection = HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        took = []
        for method, path, body, status in self._requests(kind):
            headers = dict(self._headers)
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            if path.startswith("/console"):
                headers["Cookie"] = self._cookie
            began = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = answer.read()
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != status or (kind == "dashboard" and b"<h1>Dashboard" not in page):
                sys.exit(f"{kind}: {answer.status}")
        connection.close()
        return took

    def _requests(self, kind: str) -> Iterator[tuple[str, str, bytes | None, int]]:
        if kind == "sign":
            for _ in range(TIMES):
                yield "POST", f"/en/{SLUG}/sign", web.form(self.container, letter=True), 303
        if kind == "confirm":
            for path in web.pending(self.container, TIMES):
                yield "POST", path, None, 303
        for _ in range(TIMES):
            self._number += 1
            if kind == "page":
                yield "GET", f"/en/{SLUG}?{self._number}", None, 200
            if kind == "counts.json":
                yield "GET", f"/{SLUG}/counts.json?{self._number}", None, 200
            if kind == "private page":
                yield "GET", self._private, None, 200
            if kind == "dashboard":
                yield "GET", f"/console/c/{SLUG}/", None, 200


def one_more(container: Container) -> UUID:
    """Sign and confirm once, as a person whose page can be opened."""
    made_up.sign(container, 1)
    with container.database.reading() as session:
        newest = select(SignatureRow.id).order_by(SignatureRow.created_at.desc()).limit(1)
        return session.scalars(newest).one()


def main() -> None:
    with filled(FEW) as few, filled(MANY) as many:
        for kind in KINDS:
            both = [
                (statistics.median(few.times(kind)), statistics.median(many.times(kind)))
                for _ in range(TURNS + 1)
            ][1:]
            small, large = (statistics.median(side) for side in zip(*both, strict=True))
            ratio = statistics.median(mine / theirs for theirs, mine in both)
            said = f"{small:.1f} ms with {FEW:,}, {large:.1f} ms with {MANY:,} (p50)"
            results.row(f"growth: {kind}", ratio, f"<= {LIMIT}", said)
        weigh(many)


def weigh(many: Filled) -> None:
    with psycopg.connect(many.url) as connection:
        found = connection.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_statio_user_tables"
            " WHERE relname IN ('signatures', 'events', 'consents', 'mails', 'counts')"
        ).fetchone()
    assert found is not None
    size = int(found[0]) / MANY
    said = "with its evidence and its mail, and their indexes"
    limit = f"<= {LIMIT_BYTES}"
    results.row("database, of a signature without its letter", f"{size:,.0f} B", limit, said)
    counted = statistics.median(looks(many.container))
    results.row("public counts", f"{counted:.1f} ms", f"<= {LIMIT_COUNTS_MS}", f"with {MANY:,}")


def looks(container: Container) -> Iterator[float]:
    """Yield the milliseconds of each of several looks at the counters, which nobody kept."""
    with container.database.reading() as session:
        campaign_id = container.campaign_cache.by_slug(session, SLUG).campaign_id
        for _ in range(TIMES):
            began = time.perf_counter()
            counts.by_government_and_day(session, campaign_id)
            yield (time.perf_counter() - began) * 1000


@contextmanager
def filled(number: int) -> Iterator[Filled]:
    with folder() as path:
        server = Postgres(path / "postgresql")
        try:
            site = prepared(path, server.url)
            container = site.container()
            began = time.perf_counter()
            millions.fill(container, server.url, number, SLUG)
            if number == MANY:
                with container.database.writing() as session:
                    new = [*directory.made_up(directory.RECIPIENTS)]
                    import_directory(session, new, "benchmark", container.clock())
            print(f"{number:,} signatures made in {time.perf_counter() - began:.0f} s", flush=True)
            with stopping(site.web("app:app")):
                site.wait_for_web()
                yield Filled(site, container, server.url)
            container.database.close()
        finally:
            server.close()


if __name__ == "__main__":
    main()
