"""A busy hour's rate while parts are killed at random, and the books afterwards."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.errors import TokenError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.store.tokens import Purpose
from tests.bad_days.books import TrialResult, read_state, together
from tests.bad_days.parts import Postgres, folder, prepared, rehearsing
from tests.bad_days.signing import PersistentSigner
from tests.bad_days.trials import opened
from tests.helpers.running_site import kill, stopping
from tests.helpers.smtp_server import SmtpServer, smtp_server

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite
    from tests.visitor import Fields

RATE = 50
SECONDS = 600
VISITORS = 24
BETWEEN_KILLS = (8.0, 16.0)
DOWN = 1.0
DRAIN = 2_100
"""Seconds after which every lease has ended and everything has left."""


class Parts:
    """The running processes, each of which can be killed and started again."""

    def __init__(self, running: RunningSite, server: Postgres) -> None:
        self._starters: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "web": lambda: running.web("app:app", "--worker-connections", "16", processes=2),
            "worker 1": running.worker,
            "worker 2": running.worker,
        }
        self._server = server
        self.processes = {name: start() for name, start in self._starters.items()}
        self.killed: Counter[str] = Counter()

    def kill_one(self, chance: random.Random) -> None:
        name = chance.choice([*self._starters, "PostgreSQL"])
        self.killed[name.split()[0]] += 1
        if name == "PostgreSQL":
            self._server.kill()
            time.sleep(DOWN)
            self._server.start()
            return
        kill(self.processes[name], signal.SIGKILL)
        self.processes[name].wait()
        time.sleep(DOWN)
        self.processes[name] = self._starters[name]()


class Received:
    """How often the mail server took each Message-ID; the messages themselves are let go."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self.times: Counter[str] = Counter()

    def count(self) -> None:
        taken, self._server.received[:] = list(self._server.received), []
        for one in taken:
            self.times[str(message_from_bytes(one.content)["Message-ID"])] += 1


class InAHurry(PersistentSigner):
    """Keeps her connection, and knows her link from the form, if it has a token of its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.visitor.keep_alive = True

    def send(self, email: str, filled: Fields) -> None:
        self._stamp = dict(filled)["stamp"]
        super().send(email, filled)

    def link(self, email: str) -> str:
        now, loaded = self.container.clock(), self.campaign
        try:
            signature = self.container.tokens.read(Purpose.FORM, loaded.uid, self._stamp, now)
        except TokenError:
            return super().link(email)
        return urlsplit(self.container.links.confirm_url("en", loaded, signature, now)).path


def load() -> Iterator[TrialResult]:
    with folder() as path, smtp_server() as mail:
        server = Postgres(path / "postgresql")
        running = prepared(path, server.url, **rehearsing(mail.port))
        received = Received(mail)
        try:
            with opened(running) as container, _parts(running, server) as parts:
                running.wait_for_web()
                signers, taken = _busy(running, container, parts, received)
                seconds = drain(container, received)
                books = read_state(container, received.times)
        finally:
            server.close()
    promised = together(one.promised for one in signers)
    killed = ", ".join(f"{name} {number} times" for name, number in sorted(parts.killed.items()))
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(books.letters.items()))
    rate = len(promised.confirmed) / taken
    what = f"load of {rate:.0f} signatures a second for {taken:.0f} s, parts killed (-9): {killed}"
    came = (
        f"{len(promised.confirmed):,} signed and confirmed; {sum(one.away for one in signers):,}"
        f" answers 503, {sum(one.broken for one in signers):,} connections broken; {seconds:.0f} s"
        f" later the letters are {states}"
    )
    yield books.tried(what, parts.killed.total(), promised, came)


@contextmanager
def _parts(running: RunningSite, server: Postgres) -> Iterator[Parts]:
    parts = Parts(running, server)
    try:
        yield parts
    finally:
        with stopping(*parts.processes.values()):
            pass


def _busy(
    running: RunningSite, container: Container, parts: Parts, received: Received
) -> tuple[list[InAHurry], float]:
    """Let visitors sign at the rate while parts are killed; return them, and how long it took."""
    began = time.monotonic()
    signers = [InAHurry(running, container) for _ in range(VISITORS)]
    chance = random.Random(20261128)
    with ThreadPoolExecutor(VISITORS) as hands:
        visits = [hands.submit(_visit, one, number, began) for number, one in enumerate(signers)]
        while time.monotonic() - began < SECONDS - BETWEEN_KILLS[1]:
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            parts.kill_one(chance)
            received.count()
        for visit in visits:
            visit.result()
    return signers, time.monotonic() - began


def _visit(signers: PersistentSigner, number: int, began: float) -> None:
    """Sign and confirm when it is one's turn; every other one wants a letter sent."""
    for turn in range(number, RATE * SECONDS, VISITORS):
        time.sleep(max(0.0, began + turn / RATE - time.monotonic()))
        email = f"testa.{turn}@example.org"
        signers.send(email, signers.form(email, letter=turn // VISITORS % 2 == 0))
        signers.confirm(email)
        signers.visitor.forget()


def drain(container: Container, received: Received) -> float:
    """Wait until nothing is to be sent any more; return how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < DRAIN:
        received.count()
        with container.database.reading() as session:
            letters = session.scalars(
                select(LetterRow.id)
                .where(LetterRow.state.in_([LetterState.QUEUED, LetterState.CLAIMED]))
                .limit(1)
            ).first()
            mails = session.scalars(
                select(OutgoingRow.id)
                .where(OutgoingRow.state.in_([OutgoingState.QUEUED, OutgoingState.CLAIMED]))
                .limit(1)
            ).first()
        if letters is None and mails is None:
            break
        time.sleep(1)
    return time.monotonic() - began
