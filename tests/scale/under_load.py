"""Visitors who sign and readers who look on, on time, while nothing is killed and while much is."""

from __future__ import annotations

import random
import re
import statistics
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

from tests.bad_days.load import InAHurry
from tests.bad_days.signing import AWAY
from tests.scale.arrivals import Through, public_paths
from tests.scale.through_proxy import ProxyVisitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite
    from tests.visitor import Fields, VisitorResponse

RATE, VISITORS = 50, 24
EVERY = 10
"""One in so many of those who sign also looks at each page on the way."""

READERS, READS = 4, 60
"""How many read public pages meanwhile, and how many a second together."""

_HIDDEN = r"/\1/…"
_TOKEN = re.compile(r"/(check|confirm|done|private)/[^/?]+")


@dataclass(frozen=True)
class PageTimes:
    """Milliseconds of one page: half of the visitors and all but one in a hundred had it within."""

    page: str
    number: int
    p50: float
    p99: float


class Stopwatch:
    """Notes how long pages take, while it runs."""

    def __init__(self) -> None:
        self._runs = False
        self._taken: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._runs = True
        yield
        self._runs = False

    def note(self, page: str, began: float) -> None:
        if self._runs:
            self._taken[page].append(1000 * (time.perf_counter() - began))

    def times(self) -> list[PageTimes]:
        return [_times(page, taken) for page, taken in sorted(self._taken.items())]


def _times(page: str, taken: Sequence[float]) -> PageTimes:
    centiles = statistics.quantiles(taken, n=100, method="inclusive")
    return PageTimes(page, len(taken), centiles[49], centiles[98])


class TimedVisitor(ProxyVisitor):
    def __init__(self, site: RunningSite, number: int, stopwatch: Stopwatch) -> None:
        super().__init__(site, number)
        self._stopwatch = stopwatch

    def ask(self, method: str, path: str, form: Fields | None = None) -> VisitorResponse:
        began = time.perf_counter()
        answer = super().ask(method, path, form)
        page = f"{method} {_TOKEN.sub(_HIDDEN, path)}"
        if method == "POST" and answer.status == 200:
            page += ", the preview"
        self._stopwatch.note(page, began)
        return answer


def signer(site: RunningSite, container: Container, number: int, stopwatch: Stopwatch) -> InAHurry:
    made = InAHurry(site, container)
    made.visitor = TimedVisitor(site, number, stopwatch)
    return made


def visit(one: InAHurry, number: int, began: float, seconds: float) -> None:
    """Sign and confirm when it is one's turn; every other one wants a letter sent."""
    for turn in range(number, int(RATE * seconds), VISITORS):
        time.sleep(max(0.0, began + turn / RATE - time.monotonic()))
        email, looks = f"testa.{turn}@example.org", turn % EVERY == 0
        one.send(email, one.form(email, letter=turn // VISITORS % 2 == 0))
        if looks:
            _look(one, one.visitor.answers[-1].location)
            _look(one, one.link(email))
        one.confirm(email)
        if looks:
            done = one.visitor.answers[-1].location
            _look(one, done)
            _look(one, done.replace("/done/", "/private/"))
        one.visitor.forget()


def _look(one: InAHurry, path: str) -> None:
    """Look at a page, if the site is not away: nobody who signs depends on it."""
    with suppress(OSError, HTTPException):
        answer = one.visitor.get(path)
        assert answer.status in {200, AWAY}, f"{path} was answered with {answer.status}"


class Readers:
    """Read public pages at random moments, each as often as the others, until they are stopped."""

    def __init__(self, site: RunningSite, container: Container, stopwatch: Stopwatch) -> None:
        self._through = Through(site.proxy)
        self._paths = public_paths(container)
        self._stopwatch = stopwatch
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(READERS)
        self._reading = [self._pool.submit(self._read, number) for number in range(READERS)]

    def close(self) -> None:
        self._stop.set()
        for one in self._reading:
            one.result()
        self._pool.shutdown()
        self._through.close()

    def _read(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stop.wait(chance.uniform(0.0, 2 * READERS / READS)):
            path = chance.choice(self._paths)
            began = time.perf_counter()
            self._through(path)
            self._stopwatch.note(f"GET {path}", began)
