"""Workers as processes of their own, letters for them, and a server that stops answering."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterDraft, LetterState
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.settings import BASE_DIR
from campaign.signatures.rules.signature import Person
from campaign.signing import confirm as confirming, submit
from campaign.signing.confirm import ConsentText
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7
from tests.conftest import SLUG
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from campaign.container import Container

PATIENCE = 60.0


def submit_signatures(
    container: Container, count: int, *, confirm: bool, due_in: float = 0, government: str = "DE"
) -> None:
    """Submit and, if asked, confirm signatures with letters in German, by the real clock.

    The letters are due in so many seconds, so that workers can start before.
    """
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        for _ in range(count):
            now = datetime.now(UTC)
            person = Person("Testa Example", f"testa{uuid7(now).hex}@example.org")
            keys = pick_variants(loaded.campaign, ["un"], uuid7(now))
            text = compose_letter(
                loaded.campaign, LetterChoices(government, keys, "", person.signature_block), "de"
            )
            consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SEND_LETTER: True}
            written = LetterDraft(recipient_key(government), "de", keys, text, "", edited=False)
            submission = Submission(uuid7(now), person, government, "en", "", consents, [written])
            signature_id = submit.submit_by_steps(
                session, container.keyring, loaded, submission, now
            )
            if confirm:
                shown = ConsentText("Count my signature", "en")
                due = now + timedelta(seconds=due_in)
                wanted = container.keyring, loaded.campaign_id, signature_id, shown
                confirming.confirm_by_steps(session, *wanted, live=False, now=due)


@contextmanager
def worker_processes(
    environ: dict[str, str], count: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        guard.popen(
            [sys.executable, "-m", "campaign", "worker"],
            cwd=BASE_DIR,
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


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def count_letters(container: Container, state: LetterState) -> int:
    with container.database.reading() as session:
        statement = select(func.count()).where(LetterRow.state == state)
        return session.execute(statement).scalar_one()


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
