"""Many signatures changed at once: how, and how far that is."""

from __future__ import annotations

from enum import StrEnum


class ChangeKind(StrEnum):
    """`INVALIDATE`: what is confirmed. `RELEASE`: what is held. `DROP`: held and not confirmed."""

    INVALIDATE = "invalidate"
    RELEASE = "release"
    DROP = "drop"


HELD_ONLY_KINDS = frozenset({ChangeKind.RELEASE, ChangeKind.DROP})
"""Changes that are about nothing but what is held."""


class ChangeState(StrEnum):
    """How far a change is. A stopped one can be resumed; only an invalidation is undone."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


ACTIVE_STATES = frozenset({ChangeState.RUNNING, ChangeState.UNDOING})


def exceeds_preview(seen: int, now: int) -> bool:
    """Say whether so many more match now that their asker has to look again.

    Some always come in between the look and the button: up to a tenth, or a hundred.
    """
    return now > seen + max(seen // 10, 100)
