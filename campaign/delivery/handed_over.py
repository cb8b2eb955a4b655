"""Whether a ministry has a letter, and where, as far as the log of attempts tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.rules.delivery import Outcome
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.delivery.rows.queue import AttemptRow
    from campaign.letters.rows import LetterRow

_NOT_THERE = frozenset({LetterState.BOUNCED, LetterState.REFUSED})


def find_handover(
    letter: LetterRow, attempts: Sequence[AttemptRow], *, live: bool
) -> AttemptRow | None:
    """Return the attempt with which a letter reached its ministry, or may have; None if none did.

    On a live site only what left the house counts; in rehearsal, what would have left.
    """
    if letter.state in _NOT_THERE:
        return None
    ours = [one for one in attempts if one.live or not live]
    for outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        found = [one for one in ours if one.outcome is outcome]
        if found:
            return found[-1]
    return None


def handover_address(attempts: Sequence[AttemptRow], handed_over: AttemptRow) -> str | None:
    """Return the address that an attempt went to; None where it left before that was noted."""
    starts = [one for one in attempts if one.outcome is Outcome.STARTED and one.id < handed_over.id]
    return starts[-1].sent_to if starts else None
