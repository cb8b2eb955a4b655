"""A disk that is full, and one that can only be read: a file system of its own in memory."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.bad_days.books import Acknowledged, TrialResult, read_state
from tests.bad_days.parts import folder, prepared
from tests.bad_days.signing import PATIENCE, PersistentSigner
from tests.bad_days.trials import REST, TIMES, opened, person
from tests.helpers.running_site import stopping
from tests.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

SIZE = "24m"
_BLOCK = b"x" * 65_536


def disks() -> Iterator[TrialResult]:
    with _small_disk() as path:
        running = prepared(path, f"sqlite:///{path}/site.sqlite3")
        with opened(running) as container, stopping(running.web(), running.worker()):
            running.wait_for_web()
            yield _full(running, container, path)
    with _small_disk() as path, folder() as elsewhere:
        yield _read_only(prepared(elsewhere, f"sqlite:///{path}/site.sqlite3"), path)


def _full(running: RunningSite, container: Container, path: Path) -> TrialResult:
    """Fill the disk of database and outbox under a visitor, and make room again."""
    signers = PersistentSigner(running, container)
    for number in range(TIMES):
        email = f"testa.full.{number}@example.org"
        filled = signers.visitor.form_after_preview(**person(email))
        _fill(path)
        with _later((path / "filler").unlink):
            signers.send(email, filled)
        signers.confirm(email)
    _everything_left(signers.visitor, TIMES)
    what = f"the disk of database and outbox is full for {REST:.0f} s (SQLite)"
    came = f"{signers.away} answers 503 with Retry-After; every letter left afterwards"
    return read_state(container).tried(what, TIMES, signers.promised, came)


def _read_only(running: RunningSite, path: Path) -> TrialResult:
    """Start on a disk that can only be read: the system takes that right from nobody who writes."""
    promised, away = Acknowledged(), 0
    for number in range(TIMES):
        email = f"testa.read.{number}@example.org"
        with stopping(running.web()):
            running.wait_for_web()
            filled = Visitor(running).form_after_preview(**person(email))
        _remount(path, "ro")
        with opened(running) as container, stopping(running.web(), running.worker()):
            running.wait_for_web()
            signers = PersistentSigner(running, container, promised)
            with _later(lambda: _remount(path, "rw")):
                signers.send(email, filled)
            signers.confirm(email)
            away += signers.away
            _everything_left(signers.visitor, number + 1)
    with opened(running) as container:
        books = read_state(container)
    what = f"the database's disk can only be read for {REST:.0f} s (SQLite)"
    came = f"{away} answers 503 with Retry-After; every letter left afterwards"
    return books.tried(what, TIMES, promised, came)


@contextmanager
def _later(relieve: Callable[[], object]) -> Iterator[None]:
    """Relieve it in a while; the block ends when that is done."""
    relief = threading.Timer(REST, relieve)
    relief.start()
    yield
    relief.join()


def _everything_left(visitor: Visitor, letters: int) -> None:
    """Wait until the worker has written every letter."""
    outbox = visitor.site.folder / "outbox"
    deadline = time.monotonic() + PATIENCE
    while len(list(outbox.glob("letter-*.eml"))) < letters:
        assert time.monotonic() < deadline, "letters are missing"
        time.sleep(0.2)


@contextmanager
def _small_disk() -> Iterator[Path]:
    with folder() as made:
        path = made / "disk"
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(path)]
        subprocess.run(command, check=True)
        try:
            yield path
        finally:
            subprocess.run(["umount", "--lazy", str(path)], check=True)


def _fill(path: Path) -> None:
    with (path / "filler").open("ab", buffering=0) as file:
        for size in (len(_BLOCK), 512, 1):
            try:
                while file.write(_BLOCK[:size]):
                    pass
            except OSError:
                continue


def _remount(path: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(path)], check=True)
