"""What processor time each part takes for a signature."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.helpers.running_site import children

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.scale.machines import Machine

_TICKS = os.sysconf("SC_CLK_TCK")
_TIMES = (13, 14, 15, 16)
"""Fields of /proc/PID/stat, from 0: its time, and that of children that have ended (proc(5))."""


class Costs:
    """Processor milliseconds for a signature, by part, from now on until they are asked for."""

    def __init__(self, machine: Machine) -> None:
        self._families = machine.families()
        self._before = self._seconds()

    def per_signature(self, signatures: int) -> dict[str, float]:
        after = self._seconds()
        return {
            part: 1000 * (after[part] - before) / signatures
            for part, before in self._before.items()
        }

    def _seconds(self) -> Mapping[str, float]:
        return {part: sum(map(_with_children, pids)) for part, pids in self._families.items()}


def server_of(folder: Path) -> list[int]:
    """Return the process of the PostgreSQL that runs in a folder."""
    return [int((folder / "postmaster.pid").read_text().split()[0])]


def _with_children(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    # The name in brackets, which may have spaces, and the number before it are gone.
    own = sum(int(fields[number - 2]) for number in _TIMES) / _TICKS
    return own + sum(map(_with_children, children(pid)))
