"""How long every public page takes whoever comes: through nginx, and from the web server alone.

Visitors come at random moments, so at times several at once, by the addresses that links have.
"""

from __future__ import annotations

import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING

from campaign.web_app import create_app
from tests.scale.through_proxy import connected
from tests.visitor import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

    Ask = Callable[[str], None]

ROUNDS, ARRIVALS, SECONDS, AT_ONCE = 6, 40, 1.0, 20
MORE_MS = 30.0
SEED = 17
_NOT_PUBLIC = ("/console", "/static", "/healthz", "/readyz", "/styleguide")
_PART = {"lang": "de", "slug": SLUG}
_SAID = {
    "/<lang>/<slug>": ("?source=poster", "?government=DE", "?government=FR&source=press"),
    "/embed/<lang>/<slug>": ("?source=embed",),
}
"""What links say behind the question mark; each page is asked for without it, too."""

_REDIRECTS = ("/", f"/de/{SLUG}/sign")

_BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "de-DE,de;q=0.9"}


@dataclass(frozen=True)
class Times:
    """Milliseconds of one page: half of the visitors and all but one in a hundred had it within."""

    p50: float
    p99: float


@dataclass(frozen=True)
class Page:
    path: str
    alone: Times
    through: Times

    @property
    def is_well(self) -> bool:
        return self.through.p99 <= self.alone.p99 + MORE_MS


def measure(site: RunningSite, container: Container) -> list[Page]:
    """Measure page by page, in turns: what else the machine does is in both figures."""
    moments, alone, through = random.Random(SEED), _alone(site), Through(site.proxy)
    try:
        return [_page(path, alone, through, moments) for path in public_paths(container)]
    finally:
        through.close()


def _page(path: str, alone: Ask, through: Ask, moments: random.Random) -> Page:
    taken: dict[Ask, list[float]] = {alone: [], through: []}
    for _ in range(ROUNDS):
        for ask in (alone, through):
            taken[ask] += _arrivals(path, ask, moments)
    return Page(path, _times(taken[alone]), _times(taken[through]))


def _times(taken: list[float]) -> Times:
    centiles = statistics.quantiles(taken, n=100)
    return Times(centiles[49], centiles[98])


def public_paths(container: Container) -> list[str]:
    """Return an address of every page that anybody may ask for, and those that links lead to."""
    found = []
    for rule in create_app(container).url_map.iter_rules():
        if rule.rule.startswith(_NOT_PUBLIC) or "GET" not in (rule.methods or ()):
            continue
        if rule.arguments <= set(_PART):
            built = rule.build({name: _PART[name] for name in rule.arguments})
            assert built is not None
            found += [built[1] + said for said in ("", *_SAID.get(rule.rule, ()))]
    return [*found, "/de/nothing-here"]


def _arrivals(path: str, ask: Ask, moments: random.Random) -> list[float]:
    """Return the milliseconds that each visitor of a round waited, from the moment she came."""
    due = sorted(moments.uniform(0.0, SECONDS) for _ in range(ARRIVALS))
    began = time.perf_counter()

    def visit(moment: float) -> float:
        time.sleep(max(0.0, began + moment - time.perf_counter()))
        ask(path)
        return 1000 * (time.perf_counter() - began - moment)

    with ThreadPoolExecutor(AT_ONCE) as visitors:
        return list(visitors.map(visit, due))


def _alone(site: RunningSite) -> Ask:
    """Ask as nginx does: over plain HTTP, each time anew."""
    host = {"Host": "localhost", "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}

    def ask(path: str) -> None:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request("GET", path, headers={**_BROWSER, **host, "Connection": "close"})
        _must_be_there(path, connection)
        connection.close()

    return ask


class Through:
    """Asks over TLS; visitors keep their connections, and none is that of two at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count()
        self._kept: SimpleQueue[HTTPConnection] = SimpleQueue()

    def __call__(self, path: str) -> None:
        connection = self._connection()
        connection.request("GET", path, headers=_BROWSER)
        _must_be_there(path, connection)
        self._kept.put(connection)

    def _connection(self) -> HTTPConnection:
        if not self._kept.empty():
            return self._kept.get()
        return connected(self._port, f"127.0.8.{1 + next(self._numbers)}")

    def close(self) -> None:
        while not self._kept.empty():
            self._kept.get().close()


def _must_be_there(path: str, connection: HTTPConnection) -> None:
    answer = connection.getresponse()
    answer.read()
    wanted = 404 if path.endswith("nothing-here") else 303 if path in _REDIRECTS else 200
    if answer.status != wanted:
        raise AssertionError(f"{path} was answered with {answer.status}")
