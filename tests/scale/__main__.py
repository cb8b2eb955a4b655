"""Run the site as it is deployed on one machine, under load, and kill each part once.

`make scale-test` ends with 1 if anything is lost or doubled, or if nginx makes visitors wait for
one another; docs/scale.md says what came of it.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR
from tests.bad_days.books import DatabaseState, TrialResult, read_state, together
from tests.bad_days.load import Received, drain
from tests.bad_days.parts import Postgres, folder, prepared, rehearsing
from tests.bad_days.trials import opened
from tests.browser.conftest import free_port
from tests.helpers import process_reaper as guard
from tests.helpers.git import commit
from tests.helpers.running_site import kill, stopping
from tests.helpers.smtp_server import smtp_server
from tests.scale import arrivals
from tests.scale.report import Killed, rendered
from tests.scale.through_proxy import Watching, connected, signers
from tests.visitor import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.bad_days.signing import PersistentSigner
    from tests.helpers.running_site import RunningSite
    from tests.scale.arrivals import Page

REPORT = BASE_DIR / "docs" / "scale.md"
RATE, SECONDS, VISITORS = 50, 180, 24
FIRST, BETWEEN, DOWN, DARK = 15.0, 22.0, 1.0, 6.0
PATIENCE = 60.0
PAGES = 50


@dataclass
class Part:
    """A part that can be killed, and brought back."""

    name: str
    kill: Callable[[], None]
    start: Callable[[], None]


class Machine:
    """nginx, two web processes, three workers, PostgreSQL and Redis, each a process of its own."""

    def __init__(self, site: RunningSite, server: Postgres, redis_port: int) -> None:
        self._starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "Redis": lambda: redis(redis_port),
            "nginx": site.nginx,
            "both web processes": lambda: site.web(
                "app:app", "--worker-connections", "8", processes=2
            ),
            **{f"worker {number}": site.worker for number in (1, 2, 3)},
        }
        self.processes = {name: start() for name, start in self._starters.items()}
        self.parts = [
            *(self._part(name) for name in ("both web processes", "worker 1", "Redis", "nginx")),
            Part("PostgreSQL", server.kill, server.start),
        ]

    def _part(self, name: str) -> Part:
        return Part(name, lambda: self._kill(name), lambda: self._start(name))

    def _kill(self, name: str) -> None:
        kill(self.processes[name], signal.SIGKILL)
        self.processes[name].wait()

    def _start(self, name: str) -> None:
        self.processes[name] = self._starters[name]()


def redis(port: int) -> subprocess.Popen[bytes]:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    return guard.popen(command, stdout=subprocess.DEVNULL)


def main() -> None:
    needs()
    with folder() as path, smtp_server() as mail, ExitStack() as stack:
        server = Postgres(path / "postgresql")
        stack.callback(server.close)
        port = free_port()
        limits = {"CAMPAIGN_LIMITS_STORE": f"redis://127.0.0.1:{port}/0"}
        site = prepared(path, server.url, **rehearsing(mail.port), **limits)
        (site.folder / "nginx-cache").mkdir()
        machine = Machine(site, server, port)
        received = Received(mail)
        container = stack.enter_context(opened(site))
        try:
            site.wait()
            pages = arrivals.measure(site, container)
            killed, dark, visitors, took = under_load(site, container, machine, received)
            drained = drain(container, received)
            books = read_state(container, received.times)
        finally:
            with stopping(*machine.processes.values()):
                pass
    finish(pages, killed, dark, visitors, took, drained, books)


def under_load(
    site: RunningSite, container: Container, machine: Machine, received: Received
) -> tuple[list[Killed], int, list[PersistentSigner], float]:
    watching = Watching(site.proxy)
    began = time.monotonic()
    people = [signers(site, container, number) for number in range(VISITORS)]
    try:
        with ThreadPoolExecutor(VISITORS) as hands:
            visits = [hands.submit(visit, one, number, began) for number, one in enumerate(people)]
            time.sleep(FIRST)
            killed = [each(machine, part, watching, received) for part in machine.parts]
            dark = page_in_the_dark(site, machine)
            for one in visits:
                one.result()
    finally:
        watching.stop()
    return killed, dark, people, time.monotonic() - began


def each(machine: Machine, part: Part, watching: Watching, received: Received) -> Killed:
    """Kill a part, bring it back, and see how long the site was not well."""
    moment = time.monotonic()
    part.kill()
    time.sleep(DOWN)
    part.start()
    back = watching.well_again_after(moment, PATIENCE)
    received.count()
    print(f"{part.name} killed: the site was well again after {back:.1f} s", flush=True)
    time.sleep(max(0.0, moment + BETWEEN - time.monotonic()))
    return Killed(part.name, back)


def page_in_the_dark(site: RunningSite, machine: Machine) -> int:
    """Return how many of the pages came while every web process was down."""
    web = machine.parts[0]
    ask(site)
    web.kill()
    began, came = time.monotonic(), 0
    for _ in range(PAGES):
        came += ask(site)
        time.sleep(DARK / PAGES)
    print(f"{came} of {PAGES} pages in {time.monotonic() - began:.1f} s without a web process")
    web.start()
    return came


def ask(site: RunningSite) -> bool:
    connection = connected(site.proxy, "127.0.9.1")
    connection.request("GET", f"/en/{SLUG}", headers={"Accept-Encoding": "gzip"})
    status = connection.getresponse().status
    connection.close()
    return status == 200


def visit(one: PersistentSigner, number: int, began: float) -> None:
    """Sign and confirm when it is one's turn; every other one wants a letter sent."""
    for turn in range(number, RATE * SECONDS, VISITORS):
        time.sleep(max(0.0, began + turn / RATE - time.monotonic()))
        email = f"testa.{turn}@example.org"
        one.send(email, one.form(email, letter=turn // VISITORS % 2 == 0))
        one.confirm(email)
        one.visitor.forget()


def finish(
    pages: list[Page],
    killed: list[Killed],
    dark: int,
    people: list[PersistentSigner],
    took: float,
    drained: float,
    books: DatabaseState,
) -> None:
    promised = together(one.promised for one in people)
    rate = len(promised.confirmed) / took
    tried = books.tried(f"{rate:.0f} a second for {took:.0f} s", len(killed), promised)
    when = f"{datetime.now(UTC).date()}, commit {commit()}, Python {platform.python_version()}"
    away = sum(one.away for one in people), sum(one.broken for one in people)
    text = rendered(when, pages, killed, tried, (dark, PAGES), away, drained)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(not is_well(tried, dark, pages))


def is_well(tried: TrialResult, dark: int, pages: list[Page]) -> bool:
    return tried.is_well and dark == PAGES and all(page.is_well for page in pages)


def needs() -> None:
    """Fail, and never skip, where something is missing."""
    wanted = {"nginx": "nginx-light", "redis-server": "redis-server"}
    said = [
        f"{program} (Debian: apt-get install {package})"
        for program, package in wanted.items()
        if shutil.which(program) is None
    ]
    if os.geteuid() != 0:
        said.append("root")
    if said:
        sys.exit(f"make scale-test needs {' and '.join(said)}")


if __name__ == "__main__":
    main()
