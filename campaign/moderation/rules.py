"""Changes of many signatures by a rule: their kinds and states."""

from __future__ import annotations

from enum import StrEnum


class ChangeKind(StrEnum):
    """`INVALIDATE` is for confirmed signatures, `RELEASE` for held, `DROP` for held unconfirmed."""

    INVALIDATE = "invalidate"
    RELEASE = "release"
    DROP = "drop"


HELD_ONLY_KINDS = frozenset({ChangeKind.RELEASE, ChangeKind.DROP})
"""Changes that only ever affect held signatures."""


class ChangeState(StrEnum):
    """State of a change. A stopped one can be resumed; only an invalidation can be undone."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


ACTIVE_STATES = frozenset({ChangeState.RUNNING, ChangeState.UNDOING})


def exceeds_preview(seen: int, now: int) -> bool:
    """Return whether so many more match now that the organiser has to look again.

    Some always come in between the preview and the button: up to a tenth, or a hundred, is fine.
    """
    return now > seen + max(seen // 10, 100)
