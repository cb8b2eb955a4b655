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
from uuid import UUID, uuid4

from campaign.campaigns.rules.consents import Consent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HASH_BYTES = 32


class LedgerAction(StrEnum):
    """What was done. The file keeps the word, so one that was used once never changes."""

    DELETED = "deleted"
    RETENTION_ENDED = "ended"
    """Erased at the end of its time: the count stays."""
    WITHDRAWN = "withdrawn"
    MAIL_STOPPED = "stopped"
    CONSENT_WITHDRAWN = "unsaid"
    """A consent was taken back."""
    CREATED = "begun"
    """The file was made. Its subject is made up, so that one ledger is told from another."""


@dataclass(frozen=True)
class LedgerEntry:
    """`subject`: an id, after a consent its purpose too, or an address's keyed hash."""

    at: datetime
    action: LedgerAction
    subject: str


class Ledger:
    def __init__(self, path: Path) -> None:
        self.path = path

    def create_if_missing(self, now: datetime) -> None:
        """Make the file if there is none: from then on it can be missed."""
        if not self.path.exists():
            self.append(now, LedgerAction.CREATED, uuid4())

    def append(self, now: datetime, taken: LedgerAction, *subjects: object) -> None:
        """Append a line for each and return when they are on the disk."""
        lines = "".join(f"{now.isoformat()} {taken} {one}\n" for one in subjects).encode()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if not _ends_with_a_line(descriptor):
                lines = b"\n" + lines
            while lines:
                lines = lines[os.write(descriptor, lines) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_entries(path: Path) -> Iterator[LedgerEntry]:
    """Yield what a ledger says; nothing for one that is not there.

    A line that was cut short by a crash is passed over: what it was about did not happen.
    """
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            entry = _read(line)
        except ValueError:
            continue
        yield entry


def _ends_with_a_line(descriptor: int) -> bool:
    """Say whether nothing was cut short at the end: it would swallow what follows on it."""
    size = os.fstat(descriptor).st_size
    return not size or os.pread(descriptor, 1, size - 1) == b"\n"


def _read(line: str) -> LedgerEntry:
    """Return what a line says, or raise ValueError for one that is not whole."""
    moment, word, subject = line.split(" ", 2)
    entry = LedgerEntry(datetime.fromisoformat(moment), LedgerAction(word), subject)
    if entry.at.tzinfo is None or not _is_whole(entry):
        raise ValueError(line)
    return entry


def _is_whole(entry: LedgerEntry) -> bool:
    """Say whether a subject is what it says; raise ValueError for one that cannot be read."""
    if entry.action is LedgerAction.MAIL_STOPPED:
        return len(bytes.fromhex(entry.subject)) == _HASH_BYTES
    identifier, _, purpose = entry.subject.partition(" ")
    says_what = (
        purpose in set(Consent) if entry.action is LedgerAction.CONSENT_WITHDRAWN else not purpose
    )
    return str(UUID(identifier)) == identifier and says_what
