"""A server of ours for LMTP in a thread of its own, and a client that speaks as mail servers do."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campaign.mail.lmtp import LmtpLimits, LmtpServer, bind_socket
from campaign.settings.settings import BASE_DIR
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 30.0
LIMITS = LmtpLimits(size=10_000)


class Client(smtplib.LMTP):
    """Hands a message over whole, and reads the answer for each of its recipients."""

    def deliver(
        self, wire: bytes, *recipients: str, sender: str = "", options: Sequence[str] = ()
    ) -> list[tuple[int, str]]:
        """Return the answer to each recipient, or the one that ended it."""
        self.ehlo_or_helo_if_needed()
        code, said = self.mail(sender, options)
        if code != 250:
            return [(code, said.decode())]
        for one in recipients:
            self.rcpt(one)
        code, said = self.docmd("DATA")
        if code != 354:
            return [(code, said.decode())]
        self.send(smtplib._quote_periods(wire) + b"\r\n.\r\n")  # type: ignore[attr-defined]
        answers = (self.getreply() for _ in recipients)
        return [(code, said.decode()) for code, said in answers]


@contextmanager
def short_temp_dir() -> Iterator[Path]:
    """Give a folder with a short name: a socket's may have 107 bytes (unix(7))."""
    with TemporaryDirectory(prefix="lmtp-") as folder:
        yield Path(folder)


@contextmanager
def lmtp_server(keep: Callable[[bytes, str], bool], limits: LmtpLimits = LIMITS) -> Iterator[Path]:
    """Run one until the block ends; give its socket."""
    with short_temp_dir() as folder, asyncio.Runner() as runner:
        path, stop = folder / "lmtp.sock", asyncio.Event()
        server = LmtpServer("letters.example.org", keep, limits)
        served = server.serve(bind_socket(path), stop)
        thread = threading.Thread(target=lambda: runner.run(served))
        loop = runner.get_loop()
        thread.start()
        try:
            yield path
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the server does not end"


def start(environ: dict[str, str], path: Path) -> subprocess.Popen[bytes]:
    """Start the command; what it writes is in the file `log` beside its socket."""
    with (path.parent / "log").open("ab") as log:
        return guard.popen(
            [sys.executable, "-m", "campaign", "inbound", "--serve", str(path)],
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"], **environ},
            stdout=log,
            stderr=log,
        )


def wait_for(process: subprocess.Popen[bytes], path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while b"inbound started" not in (path.parent / "log").read_bytes()[-200:]:
        assert time.monotonic() < deadline
        assert process.poll() is None, (path.parent / "log").read_text()
        time.sleep(0.05)


@contextmanager
def serve_inbound(environ: dict[str, str], path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command until the block ends, and see it end as it should."""
    process = start(environ, path)
    try:
        wait_for(process, path)
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert not path.exists()
    finally:
        process.kill()
        process.wait(PATIENCE)
