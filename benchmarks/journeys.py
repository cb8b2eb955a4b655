"""Whole journeys a second: page, preview, sign, confirm, and the letter in a mail server.

nginx is left out; two web processes, a worker, PostgreSQL, Postfix's smtp-sink and the visitors
share the two cores. A journey is over when its letter was accepted. Nobody waits for the mail
that asks for confirmation, though it is sent like all others: the link is made here, as it is
made for the mail.

As only ratios travel, the same bare Flask is measured beside it.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from html import unescape
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import bare
import results
import web
import wrk
from delivery import sink
from made_up import SLUG
from sqlalchemy import func, select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.store.tokens import Purpose
from tests.bad_days.parts import Postgres, folder, prepared, rehearsing
from tests.helpers.campaigns import loaded_campaign
from tests.helpers.running_site import stopping

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

RUNS = 3
VISITORS, JOURNEYS, WARM = 12, 1_200, 120
LIMIT = 0.16
DEMANDS = ("report", "assess", "rethink", "benchmarks", "open", "un")
PAGE = f"/en/{SLUG}"
_HIDDEN = re.compile(
    r'<input type="hidden" name="(stamp|revision|basis|recipient)" value="([^"]*)"'
)
_SUBJECT = re.compile(r'<input id="subject"[^>]* value="([^"]*)"')
_BODY = re.compile(r'<textarea[^>]* name="body"[^>]*>\n(.*?)</textarea>', re.DOTALL)


class Visitor:
    """Makes one journey after another over a connection that is kept."""

    def __init__(self, site: RunningSite, container: Container) -> None:
        self._container = container
        self._headers = {"Host": f"localhost:{site.proxy}", **web.HEADERS}
        self._connection = HTTPConnection("127.0.0.1", site.port, timeout=60)

    def journey(self, number: int) -> None:
        form = self._hidden(self._ask("GET", PAGE))
        person = [("name", "Testa Example"), ("email", f"testa.{number}@example.org")]
        form += [*person, ("government", "DE"), ("choice", "write")]
        preview = self._ask("POST", f"{PAGE}/sign", [*form, ("step", "next")])
        form = [pair for pair in form if pair[0] not in {"stamp", "revision"}]
        form += self._hidden(preview) + [("demands", key) for key in DEMANDS]
        form += [("subject", _found(_SUBJECT, preview)), ("body", _found(_BODY, preview))]
        self._ask("POST", f"{PAGE}/sign", [*form, ("step", "send")], status=303)
        now, loaded = self._container.clock(), loaded_campaign(self._container)
        signature = self._container.tokens.read(Purpose.FORM, loaded.uid, dict(form)["stamp"], now)
        link = self._container.links.confirm_url("en", loaded, signature, now)
        self._ask("POST", "/" + link.split("/", 3)[3], [], status=303)

    def _ask(
        self, method: str, path: str, form: list[tuple[str, str]] | None = None, status: int = 200
    ) -> str:
        headers = dict(self._headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != status:
            sys.exit(f"{method} {path.split('/')[3]}: {answer.status}")
        return text

    @staticmethod
    def _hidden(page: str) -> list[tuple[str, str]]:
        return [(name, unescape(value)) for name, value in _HIDDEN.findall(page)]


def main() -> None:
    wrk.needs()
    rates, peers = [], []
    for _ in range(RUNS):
        with folder() as path, sink() as port:
            server = Postgres(path / "postgresql")
            try:
                site = prepared(path, server.url, **rehearsing(port))
                peers.append(bare_rate(site, server.url))
                container = site.container()
                rates.append(rate(site, container))
                container.database.close()
            finally:
                server.close()
    ratios = [mine / peer for mine, peer in zip(rates, peers, strict=True)]
    said = f"{statistics.median(rates):.0f} a second against {statistics.median(peers):.0f}"
    results.row(
        "whole journeys (bare Flask: one insert)",
        f"{statistics.median(ratios):.3f}",
        f">= {LIMIT}",
        said,
    )


def bare_rate(site: RunningSite, url: str) -> float:
    site.more |= {bare.DATABASE: web.with_driver(url), "PYTHONPATH": str(web.HERE)}
    bare.prepare(site.more[bare.DATABASE])
    with web.running(site, "bare:signing()"):
        return web.send(site.port, web.bare_forms(), 303).rate


def rate(site: RunningSite, container: Container) -> float:
    """Return how many journeys a second were made, the last letter's arrival included."""
    with ExitStack() as stack:
        stack.enter_context(
            stopping(site.web("app:app", *web.BALANCED, processes=2), site.worker())
        )
        site.wait_for_web()
        make(site, container, range(WARM))
        wait_for_letters(container, WARM)
        web.look(site.database_url)
        began = time.perf_counter()
        make(site, container, range(WARM, WARM + JOURNEYS))
        wait_for_letters(container, WARM + JOURNEYS)
        return JOURNEYS / (time.perf_counter() - began)


def make(site: RunningSite, container: Container, numbers: range) -> None:
    visitors = [Visitor(site, container) for _ in range(VISITORS)]

    def several(one: int) -> None:
        for number in numbers[one::VISITORS]:
            visitors[one].journey(number)

    with ThreadPoolExecutor(VISITORS) as hands:
        list(hands.map(several, range(VISITORS)))


def wait_for_letters(container: Container, number: int) -> None:
    accepted = select(func.count()).where(LetterRow.state == LetterState.ACCEPTED)
    while True:
        with container.database.reading() as session:
            if session.scalar(accepted) == number:
                return
        time.sleep(0.05)


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    assert found is not None
    return unescape(found[1])


if __name__ == "__main__":
    main()
