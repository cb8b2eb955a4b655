"""Twenty messages that come in at once: each through the pipe's command, and all over LMTP.

The mail server is this process, which brings two at a time, as Postfix does by the lines of
docs/running.md.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.helpers.databases import create_template
from tests.helpers.incoming_messages import reply_message
from tests.helpers.lmtp import Client, serve_inbound

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE, MESSAGES, MORE = 2, 20, 1_000
KEPT = 250
TO, SENDER = "post@example.org", "desk@ministry.example"


def main() -> None:
    with TemporaryDirectory() as made:
        folder = Path(made)
        environ = {
            "CAMPAIGN_DATABASE_URL": f"sqlite:///{folder}/campaign.sqlite3",
            "CAMPAIGN_INSTANCE": str(folder / "instance"),
            "CAMPAIGN_BASE_URL": "http://localhost",
        }
        (folder / "instance").mkdir()
        create_template(environ["CAMPAIGN_DATABASE_URL"], folder / "instance")
        _through_the_pipe({**environ, "PATH": os.environ["PATH"]})
        _over_lmtp(environ, folder / "lmtp.sock")


def _through_the_pipe(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "campaign", "inbound", "--to", TO]

    def bring(wire: bytes) -> None:
        subprocess.run(command, env=environ, input=wire, check=True, stdout=subprocess.DEVNULL)

    _report("pipe", [reply_message("", f"pipe {number}") for number in range(MESSAGES)], bring)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = (used.ru_utime + used.ru_stime) / MESSAGES
    print(f"pipe: {own:.2f} s of a core for each, {used.ru_maxrss // 1000} MB at the peak")


def _over_lmtp(environ: dict[str, str], path: Path) -> None:
    with serve_inbound(environ, path) as process:

        def bring(wire: bytes) -> None:
            with Client(str(path)) as client:
                ((code, said),) = client.deliver(wire, TO, sender=SENDER)
                assert code == KEPT, said

        _report("LMTP", [reply_message("", f"LMTP {number}") for number in range(MESSAGES)], bring)
        before = _seconds(process.pid)
        for number in range(MORE):
            bring(reply_message("", f"more {number}"))
        own = (_seconds(process.pid) - before) / MORE
        print(f"LMTP: {own * 1000:.1f} ms of a core for each, {_memory(process.pid)}")
        bring(reply_message("", ("x" * 70 + "\r\n") * 138_000))
        print(f"LMTP: {_memory(process.pid)} after one of 9.9 MB")


def _report(name: str, wires: list[bytes], bring: Callable[[bytes], None]) -> None:
    def timed(wire: bytes) -> tuple[float, float]:
        start = time.monotonic()
        bring(wire)
        return time.monotonic() - start, time.monotonic() - began

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as hands:
        took, done = zip(*hands.map(timed, wires), strict=True)
    one, longest = statistics.median(took), max(took)
    print(f"{name}: {MESSAGES} in {max(done):.2f} s, one in {one:.3f} s, at most {longest:.3f} s")


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    now, peak = (
        int(line.split()[1]) // 1000
        for name in ("VmRSS", "VmHWM")
        for line in lines
        if line.startswith(name)
    )
    return f"{now} MB, {peak} MB at the peak"


if __name__ == "__main__":
    main()
