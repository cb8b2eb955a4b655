"""Mail servers that are dead, slow, or say one thing and do another."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.container import build_container
from campaign.delivery.queries.claiming import SitePace
from campaign.letters.rows import LetterRow
from campaign.services import create_worker
from campaign.settings.load import load_settings
from tests.bad_days.books import Acknowledged, TrialResult, read_state
from tests.bad_days.parts import KINDS, rehearsing, site
from tests.clock import Clock
from tests.helpers.housekeeping import sweep
from tests.helpers.smtp_server import Behaviour, SmtpServer, smtp_server
from tests.helpers.worker_processes import submit_signatures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container
    from campaign.letters.rules.letter import LetterState
    from tests.helpers.running_site import RunningSite

LETTERS = 20
NOWHERE = 9
"""The port of the discard service, on which nobody listens."""

DAYS = {
    "closes every connection before it greets": Behaviour(close_on_connect=True),
    "takes a second for each message": Behaviour(hang_seconds=1),
    "takes each message and hangs up without an answer": Behaviour(close_after_data=True),
    "answers what is no answer": Behaviour(data="999 perhaps"),
    "says no for now to everything": Behaviour(data="451 later"),
}


def mail_servers() -> Iterator[TrialResult]:
    for kind in KINDS:
        with _queued(kind) as (running, clock):
            before = _deliver(running, clock, NOWHERE)
            nobody = SmtpServer(Behaviour())
            yield _afterwards(running, clock, f"is not there ({kind})", before, nobody)
        for name, behaviour in DAYS.items():
            with _queued(kind) as (running, clock), smtp_server(behaviour) as bad:
                before = _deliver(running, clock, bad.port)
                yield _afterwards(running, clock, f"{name} ({kind})", before, bad)


@contextmanager
def _queued(kind: str) -> Iterator[tuple[RunningSite, Clock]]:
    """Give a site on which so many letters are due, and a clock that can be put forward."""
    with site(kind) as running:
        container = running.container()
        submit_signatures(container, LETTERS, confirm=True)
        clock = Clock()
        clock.now = container.clock()
        container.database.close()
        yield running, clock


def _deliver(running: RunningSite, clock: Clock, port: int) -> Counter[LetterState]:
    """Let a worker hand over to a server until nothing is due; return what letters are then."""
    container = build_container(load_settings({**running.environ, **rehearsing(port)}), clock)
    worker = create_worker(container)
    while worker.step():
        pass
    states = _states(container)
    container.database.close()
    return states


def _afterwards(
    running: RunningSite, clock: Clock, name: str, before: Counter[LetterState], bad: SmtpServer
) -> TrialResult:
    """Let a good server take what is still due within a day, and look who got what."""
    with smtp_server() as good:
        container = build_container(
            load_settings({**running.environ, **rehearsing(good.port)}), clock
        )
        worker = create_worker(container)
        for _ in range(24):
            clock.advance(hours=1)
            with container.database.writing() as session:
                sweep(session, container.keyring, SitePace(live=False), clock())
            while worker.step():
                pass
        taken = Counter(
            str(message_from_bytes(one.content)["Message-ID"])
            for one in (*bad.received, *good.received)
        )
        books = read_state(container, taken)
        after = _states(container)
        container.database.close()
    came = f"letters meanwhile: {_said(before)}; a day later, with a good one: {_said(after)}"
    promised = Acknowledged(set(books.stored), set(books.confirmed))
    return books.tried(f"the mail server {name}", LETTERS, promised, came)


def _states(container: Container) -> Counter[LetterState]:
    with container.database.reading() as session:
        return Counter(session.scalars(select(LetterRow.state)))


def _said(states: Counter[LetterState]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
