"""What is tried on a site whose parts are processes of their own. Each trial gives rows."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import OperationalError

from tests.bad_days.books import TrialResult, read_state, together
from tests.bad_days.dying_web import FILE, STEPS
from tests.bad_days.parts import KINDS, Postgres, folder, prepared, site
from tests.bad_days.signing import PersistentSigner
from tests.helpers.running_site import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

TIMES = 5
VISITORS = 4
REST = 3.0


@contextmanager
def opened(running: RunningSite) -> Iterator[Container]:
    container = running.container()
    try:
        yield container
    finally:
        container.database.close()


def killed_web() -> Iterator[TrialResult]:
    """Kill the web server at each step of signing and of confirming."""
    for kind in KINDS:
        with (
            site(kind) as running,
            opened(running) as container,
            stopping(running.web("tests.bad_days.dying_web:app")),
        ):
            running.wait_for_web()
            for step in STEPS:
                yield _killed_at(running, container, kind, step)


def _killed_at(running: RunningSite, container: Container, kind: str, step: str) -> TrialResult:
    signers = PersistentSigner(running, container)
    for number in range(TIMES):
        email = f"testa.{step.replace(' ', '.')}.{number}@example.org"
        filled = signers.visitor.form_after_preview(**person(email))
        (running.folder / FILE).write_text(step)
        signers.send(email, filled)
        # She has no answer and presses again, and once more.
        signers.send(email, filled)
        (running.folder / FILE).write_text(step)
        signers.confirm(email)
        signers.confirm(email)
    assert signers.broken == 2 * TIMES, f"it died {signers.broken} times"
    what = f"web server killed (-9) while signing and confirming, {step} ({kind})"
    return read_state(container).tried(what, 2 * TIMES, signers.promised)


def person(email: str) -> dict[str, str]:
    return {"name": "Testa Example", "email": email, "government": "DE"}


def restarted_database() -> Iterator[TrialResult]:
    """Stop and kill PostgreSQL under visitors, and use up all its connections."""
    with folder() as path:
        server = Postgres(path / "postgresql")
        server.allow(20)
        server.stop()
        server.start()
        running = prepared(path, server.url)
        try:
            with opened(running) as container, stopping(running.web()):
                running.wait_for_web()
                for name, break_it in (
                    ("stopped and started", server.stop),
                    ("killed (-9) and started", server.kill),
                ):
                    signers = _signing_meanwhile(
                        running, container, name, lambda b=break_it: _rest(server, b)
                    )
                    what = f"PostgreSQL {name} while {VISITORS} visitors sign"
                    yield _counted(container, what, TIMES, signers)
                signers = _signing_meanwhile(
                    running, container, "exhausted", lambda: _exhaust(server.url)
                )
                yield _counted(container, "all connections of PostgreSQL taken", TIMES, signers)
        finally:
            server.close()


def _rest(server: Postgres, break_it: object) -> None:
    assert callable(break_it)
    break_it()
    time.sleep(REST)
    server.start()


def _exhaust(url: str) -> None:
    """Take every connection that there is, the site's own too, for a while."""
    with ExitStack() as stack:
        taken = [stack.enter_context(psycopg.connect(url, autocommit=True))]
        end = time.monotonic() + REST
        while time.monotonic() < end:
            ours = [one.info.backend_pid for one in taken]
            taken[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> ALL(%s)",
                [ours],
            )
            with suppress(OperationalError):
                taken.append(stack.enter_context(psycopg.connect(url, autocommit=True)))


def _signing_meanwhile(
    running: RunningSite, container: Container, name: str, break_it: object
) -> list[PersistentSigner]:
    """Let visitors sign and confirm one after another while something breaks again and again."""
    stop = threading.Event()
    signers = [PersistentSigner(running, container) for _ in range(VISITORS)]
    threads = [
        threading.Thread(
            target=sign_until, args=(stop, one, f"{name.split(maxsplit=1)[0]}.{number}")
        )
        for number, one in enumerate(signers)
    ]
    for thread in threads:
        thread.start()
    assert callable(break_it)
    for _ in range(TIMES):
        time.sleep(1)
        break_it()
    stop.set()
    for thread in threads:
        thread.join()
    return signers


def sign_until(stop: threading.Event, signers: PersistentSigner, name: str) -> None:
    number = 0
    while not stop.is_set():
        email = f"testa.{name}.{number}@example.org"
        signers.send(email, signers.form(email, letter=True))
        signers.confirm(email)
        number += 1


def _counted(
    container: Container, what: str, times: int, signers: list[PersistentSigner]
) -> TrialResult:
    promised = together(one.promised for one in signers)
    away = sum(one.away for one in signers)
    broken = sum(one.broken for one in signers)
    came = f"{away} answers 503 with Retry-After, {broken} connections broken"
    return read_state(container).tried(what, times, promised, came)
