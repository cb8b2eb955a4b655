"""Clocks that are wrong by a day, and the nights in which summer time begins and ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from tests.bad_days.books import TrialResult, read_state
from tests.bad_days.parts import KINDS, site
from tests.bad_days.signing import PATIENCE, PersistentSigner
from tests.bad_days.trials import TIMES, opened, person
from tests.helpers.running_site import stopping

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

# Europe/Berlin leaves summer time on the last Sunday of October, at 01:00 UTC, and takes it up
# on the last one of March.
NIGHTS = {
    "the night that has an hour twice": "2026-10-25 00:59:55",
    "the night that has an hour less": "2027-03-28 00:59:55",
}


def clocks() -> Iterator[TrialResult]:
    for kind in KINDS:
        for name, when in (("a day behind", "-1d"), ("a day ahead", "+1d")):
            with site(kind) as running, opened(running) as container:
                yield _wrong_clock(running, container, f"{name}, {kind}", when)
    for name, when in NIGHTS.items():
        with site("sqlite") as running, opened(running) as container:
            yield _night(running, container, name, when)


def _wrong_clock(running: RunningSite, container: Container, name: str, offset: str) -> TrialResult:
    """Let web and worker run by a wrong clock between two times by the right one."""
    signers = PersistentSigner(running, container)
    emails = [f"testa.clock.{number}@example.org" for number in range(3 * TIMES)]
    for part, clock in enumerate(("", offset, "")):
        mine = emails[part * TIMES : (part + 1) * TIMES]
        with stopping(*_processes(running, clock)):
            running.wait_for_web()
            for email in mine:
                signers.send(email, signers.visitor.form_after_preview(**person(email)))
            # Links that were made by the other clock count, too.
            for email in emails[max(part - 1, 0) * TIMES : (part + 1) * TIMES]:
                signers.confirm(email)
            if part == 0:
                _drained(container)
    # What was signed by a clock ahead is due when that time has come.
    with stopping(running.worker(clock="+2d")):
        _drained(container)
    what = f"the clock of web and worker is {name}, for a while (libfaketime)"
    return read_state(container).tried(what, 3 * TIMES, signers.promised)


def _night(running: RunningSite, container: Container, name: str, when: str) -> TrialResult:
    signers = PersistentSigner(running, container)
    ahead = (datetime.fromisoformat(f"{when}+00:00") - datetime.now(UTC)).total_seconds()
    with stopping(*_processes(running, f"{ahead:+.0f}")):
        running.wait_for_web()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            email = f"testa.night.{len(signers.promised.signed)}@example.org"
            signers.send(email, signers.visitor.form_after_preview(**person(email)))
            signers.confirm(email)
        _drained(container)
    what = f"{name} in Berlin, from five seconds before (libfaketime, SQLite)"
    return read_state(container).tried(what, len(signers.promised.signed), signers.promised)


def _processes(running: RunningSite, clock: str) -> list[subprocess.Popen[bytes]]:
    return [running.web(clock=clock), running.worker(clock=clock)]


def _drained(container: Container) -> None:
    """Wait until every letter has left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with container.database.reading() as session:
            states = set(session.scalars(select(LetterRow.state)))
        if states <= {LetterState.ACCEPTED, LetterState.DRAFT}:
            return
        time.sleep(0.2)
    raise TimeoutError(f"letters stay {states}")
