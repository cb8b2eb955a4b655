"""Sums that are good for a while: over all that was ever signed for a minute.

The public figures come from counters, and are kept only so long that the pages of one moment share
them. To whoever has just signed, and to organisers, the headline is always that moment's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from campaign.letters.queries import lists as letter_lists
from campaign.signatures.queries import statistics as standing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterState
    from campaign.signatures.rules.signature import State

MadeT = TypeVar("MadeT")


@dataclass(frozen=True)
class Letters:
    """A campaign's letters, by government and state, and those answered by government."""

    by_state: Mapping[tuple[str, LetterState], int]
    answered: Mapping[str, int]


class Sums:
    """`seconds`: for how long a sum is good. With none, each look makes it anew."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def kept(self, key: Hashable, make: Callable[[], MadeT]) -> MadeT:
        """Return what was made under this key, or make it, as long as it is good."""
        now = self._now()
        until, made = self._kept.get(key, (now, None))
        if now >= until:
            made = make()
            self._kept[key] = now + self.seconds, made
        known: MadeT = made
        return known

    def signatures(self, session: Session, campaign_id: int) -> Mapping[tuple[State, bool], int]:
        """Return a campaign's signatures by state, the held ones apart."""
        return self.kept(
            ("signatures", campaign_id), lambda: standing.by_state(session, campaign_id)
        )

    def letters(self, session: Session, campaign_id: int) -> Letters:
        return self.kept(
            ("letters", campaign_id),
            lambda: Letters(
                letter_lists.by_state(session, campaign_id),
                letter_lists.answered(session, campaign_id),
            ),
        )
