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
class AllStates:
    """A campaign's signatures by state, the held ones apart, and all campaigns' letters."""

    signatures: Mapping[tuple[State, bool], int]
    letters: Mapping[tuple[str, LetterState], int]
    answered: int


class Sums:
    """`seconds`: for how long a sum is good. With none, each look makes it anew."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._kept: dict[int, tuple[float, AllStates]] = {}

    def by_state(self, session: Session, campaign_id: int) -> AllStates:
        now = self._now()
        until, kept = self._kept.get(campaign_id, (now, None))
        if kept is None or now >= until:
            kept = AllStates(
                signatures=standing.by_state(session, campaign_id),
                letters=letter_lists.by_state(session),
                answered=sum(letter_lists.answered(session).values()),
            )
            self._kept[campaign_id] = now + self.seconds, kept
        return kept
