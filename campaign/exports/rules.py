"""Kinds and states of large exports that the worker builds, and how long their files stay."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

FILE_LIFETIME = timedelta(hours=24)
"""How long a finished file stays in the instance folder."""


class ExportKind(StrEnum):
    """What can be built in the background: a table, a hand-over pack, letters on paper."""

    SIGNATURES = "signatures"
    PACK = "pack"
    LETTERS = "letters"


class JobState(StrEnum):
    """States of a job; its row stays in each. `EXPIRED`: the file was deleted after its time."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


UNFINISHED = frozenset({JobState.WAITING, JobState.BUILDING})
