"""Ledger of what people took back, in a file that outlives any backup of the database.

A restored backup would bring erased people back, count those who withdrew, and write to suppressed
addresses; replaying this file repeats what they had done. It holds only ids, keyed hashes and
times, and is synced to the disk before the database changes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from campaign.campaigns.rules.campaign import Consent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HASH_BYTES = 32


class LedgerAction(StrEnum):
    """What was done. The file stores the word, so a word that was used once never changes."""

    DELETED = "deleted"
    RETENTION_ENDED = "ended"
    """Erased at the end of the retention period: the count stays."""
    WITHDRAWN = "withdrawn"
    MAIL_STOPPED = "stopped"
    CONSENT_WITHDRAWN = "unsaid"
    """A consent was withdrawn."""
    CREATED = "begun"
    """The file was created. Its subject is random, so that ledgers can be told apart."""


@dataclass(frozen=True)
class LedgerEntry:
    """One line. `subject`: an id, with the purpose for a consent, or an address's keyed hash."""

    at: datetime
    action: LedgerAction
    subject: str


class Ledger:
    def __init__(self, path: Path) -> None:
        self.path = path

    def create_if_missing(self, now: datetime) -> None:
        """Create the file if there is none; from then on its absence is noticed."""
        if not self.path.exists():
            self.append(now, LedgerAction.CREATED, uuid4())

    def append(self, now: datetime, taken: LedgerAction, *subjects: object) -> None:
        """Append a line for each subject and return when they are on the disk."""
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
    """Yield the entries of a ledger; none if the file does not exist.

    A line that a crash cut short is skipped: the change that it announced did not happen.
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
    """Return whether the last line is complete; the next one would be appended to it otherwise."""
    size = os.fstat(descriptor).st_size
    return not size or os.pread(descriptor, 1, size - 1) == b"\n"


def _read(line: str) -> LedgerEntry:
    """Return the entry of a line; raise ValueError if the line is not complete."""
    moment, word, subject = line.split(" ", 2)
    entry = LedgerEntry(datetime.fromisoformat(moment), LedgerAction(word), subject)
    if entry.at.tzinfo is None or not _is_whole(entry):
        raise ValueError(line)
    return entry


def _is_whole(entry: LedgerEntry) -> bool:
    """Return whether the subject is complete; raise ValueError if it cannot be parsed."""
    if entry.action is LedgerAction.MAIL_STOPPED:
        return len(bytes.fromhex(entry.subject)) == _HASH_BYTES
    identifier, _, purpose = entry.subject.partition(" ")
    says_what = (
        purpose in set(Consent) if entry.action is LedgerAction.CONSENT_WITHDRAWN else not purpose
    )
    return str(UUID(identifier)) == identifier and says_what
