"""Large exports that the worker makes: what they are, their states, and how long they stay."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

FILE_LIFETIME = timedelta(hours=24)
"""How long a finished file stays in the instance folder."""


class ExportKind(StrEnum):
    """What can be made in the background: a table, a hand-over pack, letters on paper."""

    SIGNATURES = "signatures"
    PACK = "pack"
    LETTERS = "letters"


class JobState(StrEnum):
    """`EXPIRED`: the file was deleted after its time. The row stays in each state."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


UNFINISHED = frozenset({JobState.WAITING, JobState.BUILDING})
