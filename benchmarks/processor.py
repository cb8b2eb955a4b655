"""Processor time that a request takes in the web process, and a message in the worker.

A machine's speed changes it, though: figures are what they would be on a machine on which bare
Flask's hello takes 0.27 ms on the same server, for which the limits were set. Two processes of
each, kept busy as those of `web.py` are, on PostgreSQL; nothing comes out of a cache but what every
visitor finds there. Messages go to Postfix's smtp-sink.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import results
import web
import wrk
from delivery import sink
from made_up import SLUG
from sqlalchemy import func, select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.services import create_worker
from campaign.signing.forms.form_token import FORM_TOKEN_LIFETIME
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose
from tests.bad_days.parts import Postgres, folder, prepared, rehearsing
from tests.browser.conftest import free_port
from tests.helpers.running_site import RunningSite, children, stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

RUNS = 3
WARM, REQUESTS, SECONDS, WORKER_SECONDS = 300, 6_000, 3, 8
HELLO_MS = 0.27

GOALS = {
    "page made anew": 1.5,
    "page behind the mail's link": 1.2,
    "preview": 3.0,
    "sign without a letter": 1.6,
    "sign with a letter": 2.0,
    "confirm": 1.2,
    "message in the worker": 4.0,
}
"""Milliseconds of processor time, at most."""

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    wrk.needs()
    hellos: list[float] = []
    taken: dict[str, list[float]] = defaultdict(list)
    with folder() as path, sink() as port:
        server = Postgres(path / "postgresql")
        try:
            site = prepared(path, server.url, **rehearsing(port))
            site.more["PYTHONPATH"] = str(web.HERE)
            container = site.container()
            for _ in range(RUNS):
                hellos.append(of_hello(site))
                for name, milliseconds in of_site(site, container, server.url):
                    taken[name].append(milliseconds / hellos[-1] * HELLO_MS)
                taken["message in the worker"].append(of_worker(container) / hellos[-1] * HELLO_MS)
            container.database.close()
        finally:
            server.close()
    said = f"hello took {statistics.median(hellos):.2f} ms"
    for name, goal in GOALS.items():
        figures = sorted(taken[name])
        spread = f"{figures[0]:.2f} to {figures[-1]:.2f}; {said}"
        results.row(f"{name}: processor", f"{figures[RUNS // 2]:.2f} ms", f"<= {goal}", spread)


def of_hello(site: RunningSite) -> float:
    with running(replace(site, port=free_port()), "bare:hello()") as (port, pids):
        return milliseconds(port, pids, [wrk.get("/", {"Host": "localhost"})], 200)


def of_site(site: RunningSite, container: Container, url: str) -> Iterator[tuple[str, float]]:
    with running(site, "app:app") as (port, pids):
        for name, status, requests in kinds(site, container):
            web.look(url)
            yield name, milliseconds(port, pids, requests, status)


def of_worker(container: Container) -> float:
    """Return the milliseconds of a message, of those that the visitors have caused."""
    worker, before = create_worker(container), accepted(container)
    began, until = time.process_time(), time.monotonic() + WORKER_SECONDS
    while time.monotonic() < until and worker.step():
        pass
    took = time.process_time() - began
    return took / (accepted(container) - before) * 1000


def accepted(container: Container) -> int:
    with container.database.reading() as session:
        number = func.count(OutgoingRow.id)
        return session.scalars(
            select(number).where(OutgoingRow.state == OutgoingState.ACCEPTED)
        ).one()


def kinds(site: RunningSite, container: Container) -> Iterator[tuple[str, int, list[bytes]]]:
    headers = {"Host": f"localhost:{site.proxy}", **web.HEADERS}
    gzip, page, numbers = {**headers, "Accept-Encoding": "gzip"}, f"/en/{SLUG}", range(REQUESTS)
    # A cache knows a page by its whole URL.
    anew = [wrk.get(f"{page}?visit={uuid7(container.clock())}", gzip) for _ in numbers]
    yield "page made anew", 200, anew
    links = web.pending(container, REQUESTS)
    yield "page behind the mail's link", 200, [wrk.get(link, headers) for link in links]
    yield "confirm", 303, [wrk.post(link, b"", headers) for link in links]
    previewed = [preview_form(container) for _ in numbers]
    yield "preview", 200, [wrk.post(f"{page}/sign", one, headers) for one in previewed]
    for name, letter in (("sign with a letter", True), ("sign without a letter", False)):
        forms = [web.form(container, letter=letter) for _ in numbers]
        yield name, 303, [wrk.post(f"{page}/sign", one, headers) for one in forms]


def preview_form(container: Container) -> bytes:
    """Return what the letter's page sends for somebody who wants to see her letter."""
    now = container.clock()
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
    expires = now + FORM_TOKEN_LIFETIME
    person = [("name", "Testa Example"), ("email", f"testa.{uuid7(now).hex}@example.org")]
    return urlencode(
        [
            ("stamp", container.tokens.make_shared(Purpose.SHARED_FORM, loaded.uid, expires)),
            ("revision", loaded.digest),
            *(("source", ""), ("comment", ""), *person, ("government", "DE"), ("town", "")),
            *(("choice", "write"), ("step", "next")),
        ]
    ).encode()


def milliseconds(port: int, pids: list[int], requests: list[bytes], status: int) -> float:
    """Return the processor time of a request, once the first ones have warmed everything."""
    again = len(requests) == 1
    first, others = (requests, requests) if again else (requests[:WARM], requests[WARM:])
    wrk.send(port, first, status=status, seconds=1, again=True)
    before = sum(map(processor_seconds, pids))
    answered = wrk.send(port, others, status=status, seconds=SECONDS, again=again)
    if answered.others:
        sys.exit(f"{answered.others} answers were not what was asked for")
    return (sum(map(processor_seconds, pids)) - before) / answered.number * 1000


def processor_seconds(pid: int) -> float:
    """Return what a process has taken of the processor so far (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def running(site: RunningSite, application: str) -> Iterator[tuple[int, list[int]]]:
    """Start a site, or a peer; give its port and the processes that answer."""
    with stopping(started := site.web(application, *web.BALANCED, processes=2)):
        site.wait_for_web()
        while len(answering := children(started.pid)) < 2:  # noqa: PLR2004
            pass
        yield site.port, answering


if __name__ == "__main__":
    main()
