"""Run the site as it is deployed, under load, and kill each part once: on one machine and on more.

`make scale-test` ends with 1 if anything is lost or doubled, or if nginx makes visitors wait for
one another; docs/scale.md says what came of it.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR
from tests.bad_days.books import read_state, together
from tests.bad_days.load import Received, drain
from tests.bad_days.parts import folder
from tests.bad_days.trials import opened
from tests.helpers.git import commit
from tests.helpers.smtp_server import smtp_server
from tests.scale import arrivals
from tests.scale.costs import Costs
from tests.scale.machines import Fleet, Machine
from tests.scale.report import Killed, Outcome, rendered
from tests.scale.through_proxy import Watching, connected
from tests.scale.under_load import VISITORS, Readers, Stopwatch, signer, visit
from tests.visitor import SLUG

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.bad_days.load import InAHurry
    from tests.scale.machines import Part

REPORT = BASE_DIR / "docs" / "scale.md"
FIRST, CALM, BETWEEN, DOWN, DARK = 15.0, 60.0, 22.0, 1.0, 6.0
PATIENCE = 60.0
PAGES = 50


def main() -> None:
    needs()
    outcomes = [run(kind) for kind in (Machine, Fleet)]
    when = f"{datetime.now(UTC).date()}, commit {commit()}, Python {platform.python_version()}"
    text = rendered(when, outcomes)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(not all(one.is_well for one in outcomes))


def run(kind: type[Machine]) -> Outcome:
    print(f"{kind.title}:", flush=True)
    with folder() as path, smtp_server() as mail:
        received = Received(mail)
        with closing(kind(path, mail.port)) as machine, opened(machine.site) as container:
            pages = arrivals.measure(machine.site, container) if kind is Machine else []
            return under_load(machine, container, received, pages)


def under_load(
    machine: Machine, container: Container, received: Received, pages: list[arrivals.Page]
) -> Outcome:
    seconds = FIRST + CALM + BETWEEN * (len(machine.parts) + 1)
    stopwatch, watching = Stopwatch(), Watching(machine.site.proxy)
    people = [signer(machine.site, container, number, stopwatch) for number in range(VISITORS)]
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(VISITORS) as hands:
            visits = [
                hands.submit(visit, one, number, began, seconds)
                for number, one in enumerate(people)
            ]
            time.sleep(FIRST)
            costs = measure_calm(machine, container, people, stopwatch)
            killed = [each(machine, part, watching, received) for part in machine.parts]
            dark = page_in_the_dark(machine)
            for one in visits:
                one.result()
    finally:
        watching.stop()
    took = time.monotonic() - began
    drained = drain(container, received)
    promised = together(one.promised for one in people)
    books = read_state(container, received.times)
    rate = len(promised.confirmed) / took
    tried = books.tried(f"{rate:.0f} a second for {took:.0f} s", len(killed), promised)
    return Outcome(
        machine=machine,
        pages=pages,
        times=stopwatch.times(),
        costs=costs,
        killed=killed,
        tried=tried,
        dark=(dark, PAGES),
        away=away(people),
        drained=drained,
        facts=machine.facts(),
    )


def away(people: list[InAHurry]) -> tuple[int, int]:
    return sum(one.away for one in people), sum(one.broken for one in people)


def measure_calm(
    machine: Machine, container: Container, people: list[InAHurry], stopwatch: Stopwatch
) -> dict[str, float]:
    """Note how long pages take as long as nothing is killed; return what a signature costs."""
    costs, before = Costs(machine), confirmed(people)
    with stopwatch.running(), closing(Readers(machine.site, container, stopwatch)):
        until = time.monotonic() + CALM
        while time.monotonic() < until:
            machine.watch()
            time.sleep(1.0)
    return costs.per_signature(confirmed(people) - before)


def confirmed(people: list[InAHurry]) -> int:
    return sum(len(one.promised.confirmed) for one in people)


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


def page_in_the_dark(machine: Machine) -> int:
    """Return how many of the pages came while every web process was down."""
    ask(machine)
    for part in machine.web_parts:
        part.kill()
    began, came = time.monotonic(), 0
    for _ in range(PAGES):
        came += ask(machine)
        time.sleep(DARK / PAGES)
    print(f"{came} of {PAGES} pages in {time.monotonic() - began:.1f} s without a web process")
    for part in machine.web_parts:
        part.start()
    return came


def ask(machine: Machine) -> bool:
    connection = connected(machine.site.proxy, "127.0.9.1")
    connection.request("GET", f"/en/{SLUG}", headers={"Accept-Encoding": "gzip"})
    status = connection.getresponse().status
    connection.close()
    return status == 200


def needs() -> None:
    """Fail, and never skip, where something is missing."""
    wanted = {"nginx": "nginx-light", "redis-server": "redis-server", "pgbouncer": "pgbouncer"}
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
