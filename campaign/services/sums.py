"""Sums over everything that was ever signed: looked through anew once a minute at most.

The headline is not among them: it comes from counters, and is always that moment's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.store import letter_lists, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from campaign.domain.letter import LetterState
    from campaign.domain.signature import State


@dataclass(frozen=True)
class Letters:
    """All campaigns' letters, by government and state, and those answered by government."""

    by_state: Mapping[tuple[str, LetterState], int]
    answered: Mapping[str, int]


class Sums:
    """`seconds`: for how long a sum is good. With none, each look makes it anew."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._signatures: dict[int, tuple[float, Mapping[tuple[State, bool], int]]] = {}
        self._letters: tuple[float, Letters] | None = None

    def signatures(self, session: Session, campaign_id: int) -> Mapping[tuple[State, bool], int]:
        """Return a campaign's signatures by state, the held ones apart."""
        now = self._now()
        until, kept = self._signatures.get(campaign_id, (now, None))
        if kept is None or now >= until:
            kept = standing.by_state(session, campaign_id)
            self._signatures[campaign_id] = now + self.seconds, kept
        return kept

    def letters(self, session: Session) -> Letters:
        now = self._now()
        if self._letters is None or now >= self._letters[0]:
            made = Letters(letter_lists.by_state(session), letter_lists.answered(session))
            self._letters = now + self.seconds, made
        return self._letters[1]
