"""Ends what a run of tests has started when the run ends, however it does: also by kill -9.

A process of its own waits at a pipe that only the run holds open. When that closes, it
interrupts each process group that it was told of, kills what is left, and clears away.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 30.0
"""Seconds between asking and killing."""


def popen(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a process in a group of its own, as `subprocess.Popen`; it ends with this run."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    kill_at_exit(process.pid)
    return process


def kill_at_exit(pid: int, folder: Path | None = None) -> None:
    """Let the group that a process leads end with this run, and then a folder be deleted."""
    line = f"{pid} {_began(pid)} {folder or ''}\n"
    os.write(_pipe(), line.encode())


@cache
def _pipe() -> int:
    """Start the process that waits, and return the end of its pipe that only this run has."""
    reading, writing = os.pipe()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    takes = [
        (os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate((reading, nowhere, nowhere))
    ]
    # In a session of its own: what interrupts us must not interrupt it.
    os.posix_spawn(
        sys.executable, [sys.executable, __file__], os.environ, file_actions=takes, setsid=True
    )
    os.close(reading)
    os.close(nowhere)
    return writing


def _began(pid: int) -> str:
    """Return when a process began, which tells it from a later one of that number; else nothing.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22
    """
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return "-"


def _end(groups: dict[int, str]) -> None:
    ours = [group for group, began in groups.items() if _began(group) in {began, "-"}]
    for how in (signal.SIGINT, signal.SIGKILL):
        for group in ours:
            with suppress(OSError):
                os.killpg(group, how)
        deadline = time.monotonic() + PATIENCE
        while any(_is_alive(group) for group in ours) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_alive(group: int) -> bool:
    with suppress(OSError):
        os.killpg(group, 0)
        return True
    return False


def main() -> None:
    groups, folders = {}, []
    for line in sys.stdin:
        pid, began, folder = line.rstrip("\n").split(" ", 2)
        groups[int(pid)] = began
        if folder:
            folders.append(folder)
    _end(groups)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
