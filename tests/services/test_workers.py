"""Worker processes on a real queue: several at once, and one that is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.config import CHECKOUT
from campaign.content.letters import Choices, choose_keys, compose
from campaign.domain.delivery import LEASE, MailState
from campaign.domain.ids import uuid7
from campaign.domain.letter import LetterState, WrittenLetter
from campaign.domain.signature import TICKS, Consent, Person
from campaign.services import signing
from campaign.services.signing import Submission
from campaign.services.sweeping import sweep
from campaign.store.claiming import Pace
from campaign.store.rows import AttemptRow, LetterRow, MailRow
from tests.conftest import SLUG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.factory import House

PATIENCE = 60.0


def sign_many(house: House, count: int, *, confirm: bool, due_in: float = 0) -> None:
    """Submit and, if asked, confirm signatures with letters to Germany, by the real clock.

    The letters are due in so many seconds, so that workers can start before.
    """
    with house.database.writing() as session:
        shelved = house.shelf.by_slug(session, SLUG)
        for number in range(count):
            now = datetime.now(UTC)
            person = Person("Testa Example", f"testa{number}@example.org")
            keys = choose_keys(shelved.campaign, ["un"], uuid7(now))
            text = compose(shelved.campaign, Choices("DE", keys, "", person), "de")
            consents = dict.fromkeys(TICKS, False) | {Consent.SEND_LETTER: True}
            written = WrittenLetter("de", keys, text, "", edited=False)
            submission = Submission(uuid7(now), person, "DE", "en", "", consents, written)
            signature_id = signing.submit(session, house.vault, shelved, submission, now)
            if confirm:
                shown = signing.Shown("Count my signature", "en")
                due = now + timedelta(seconds=due_in)
                signing.confirm(session, signature_id, shown, live=False, now=due)


@contextmanager
def worker_processes(
    environ: dict[str, str], count: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "campaign", "worker"],
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], **environ},
        )
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(PATIENCE)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def letters_in(house: House, state: LetterState) -> int:
    with house.database.reading() as session:
        statement = select(func.count()).where(LetterRow.state == state)
        return session.execute(statement).scalar_one()


@pytest.mark.parametrize(("kind", "workers"), [("postgresql", 4), ("sqlite", 2)])
def test_workers_share_a_queue_and_deliver_each_of_200_letters_once(
    request: pytest.FixtureRequest,
    make_house: Callable[[dict[str, str]], House],
    tmp_path: os.PathLike[str],
    kind: str,
    workers: int,
) -> None:
    environ = {
        "CAMPAIGN_DATABASE_URL": request.getfixturevalue(f"{kind}_url"),
        "CAMPAIGN_INSTANCE": os.fspath(tmp_path),
    }
    house = make_house(environ)
    sign_many(house, 200, confirm=True, due_in=5)
    with worker_processes(environ, workers):
        eventually(lambda: letters_in(house, LetterState.ACCEPTED) == 200)
    with house.database.reading() as session:
        by_outcome = select(AttemptRow.outcome, func.count()).where(
            AttemptRow.letter_id.is_not(None)
        )
        rows = session.execute(by_outcome.group_by(AttemptRow.outcome)).all()
        hands = session.execute(select(func.count(AttemptRow.worker.distinct()))).scalar_one()
    assert sorted((outcome.value, number) for outcome, number in rows) == [
        ("accepted", 200),
        ("started", 200),
    ]
    assert hands > 1


class HangingServer:
    """Speaks SMTP on loopback up to the final dot of the first message, and then says nothing."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.received = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.close()
        self._thread.join(PATIENCE)

    def _talk(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hanging\r\n")
            for line in lines:
                if line == b".\r\n":
                    self.received.set()
                elif line.upper().startswith((b"EHLO", b"MAIL", b"RCPT")):
                    connection.sendall(b"250 ok\r\n")
                elif line.upper().startswith(b"DATA"):
                    connection.sendall(b"354 go on\r\n")


@pytest.mark.parametrize("what", ["letter", "mail"])
def test_a_worker_killed_between_started_and_result_loses_nothing_and_doubles_nothing(
    house: House, environ: dict[str, str], what: str
) -> None:
    sign_many(house, 1, confirm=what == "letter")
    server = HangingServer()
    smtp = {
        # Not live for the letter's address, and loopback all the same.
        "CAMPAIGN_TRANSPORT": "rehearsal",
        "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
        "CAMPAIGN_SMTP_HOST": "127.0.0.1",
        "CAMPAIGN_SMTP_PORT": str(server.port),
        "CAMPAIGN_SMTP_TLS": "none",
    }
    with worker_processes(environ | smtp, 1) as (process,):
        assert server.received.wait(PATIENCE)
        os.kill(process.pid, signal.SIGKILL)
    server.close()
    with house.database.writing() as session:
        sweep(session, Pace(live=False), datetime.now(UTC) + LEASE / 2)
    kind = LetterRow if what == "letter" else MailRow
    with house.database.reading() as session:
        assert session.execute(select(kind.state)).scalars().all() == ["claimed"]
    with house.database.writing() as session:
        # The worker's lease began by the real clock.
        sweep(session, Pace(live=False), datetime.now(UTC) + LEASE * 2)
    with house.database.reading() as session:
        state = session.execute(select(kind.state)).scalar_one()
        outcomes = session.execute(select(AttemptRow.outcome).order_by(AttemptRow.id)).scalars()
        assert [outcome.value for outcome in outcomes] == ["started", "unknown"]
    assert state == (LetterState.UNCERTAIN if what == "letter" else MailState.QUEUED)
