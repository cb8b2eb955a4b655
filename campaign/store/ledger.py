"""What people took back, in a file that outlives any backup of the database.

A restored backup would bring erased people back, count those who withdrew, and write to
those who want no mail; replaying this file does to it again what they had done. It holds
ids, keyed hashes and times only, and is written through to the disk before the database
changes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Taken(StrEnum):
    """What was done. The file keeps the word, so one that was used once never changes."""

    DELETED = "deleted"
    ENDED = "ended"
    """Erased at the end of its time: the count stays."""
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    UNSAID = "unsaid"
    """A consent was taken back."""


@dataclass(frozen=True)
class Entry:
    """`subject`: a signature's id, after a consent its purpose too, or an address's keyed hash."""

    at: datetime
    taken: Taken
    subject: str


class Ledger:
    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, now: datetime, taken: Taken, *subjects: object) -> None:
        """Append a line for each and return when they are on the disk."""
        lines = "".join(f"{now.isoformat()} {taken} {one}\n" for one in subjects).encode()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, lines)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def entries(path: Path) -> Iterator[Entry]:
    """Yield what a ledger says; nothing for one that is not there.

    A line that was cut short by a crash is passed over: what it was about did not happen.
    """
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        moment, _, rest = line.partition(" ")
        word, _, subject = rest.partition(" ")
        try:
            yield Entry(datetime.fromisoformat(moment), Taken(word), subject)
        except ValueError:
            continue
