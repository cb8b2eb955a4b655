"""TTL cache of totals: those over everything ever signed are reused for a minute.

The public figures come from counters, and are cached only so long that the pages of one moment
share them. For somebody who has just signed, and for organisers, the headline is always current.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from campaign.delivery.queries import letter_lists
from campaign.signatures.queries import statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterState
    from campaign.signatures.rules.signature import SignatureState

MadeT = TypeVar("MadeT")


@dataclass(frozen=True)
class LetterTotals:
    """A campaign's letters, by recipient and state, and those answered by recipient."""

    by_state: Mapping[tuple[str, LetterState], int]
    answered: Mapping[str, int]


class TotalsCache:
    """A TTL cache. `seconds`: how long a total is valid; with 0 it is computed at each call."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.ttl = seconds
        self._now = now
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def get_or_set(self, key: Hashable, make: Callable[[], MadeT]) -> MadeT:
        """Return the value cached under this key while it is valid, or compute and cache it."""
        now = self._now()
        until, made = self._kept.get(key, (now, None))
        if now >= until:
            made = make()
            self._kept[key] = now + self.ttl, made
        known: MadeT = made
        return known

    def signatures_by_state(
        self, session: Session, campaign_id: int
    ) -> Mapping[tuple[SignatureState, bool], int]:
        """Return a campaign's signatures by state, with the held ones apart."""
        return self.get_or_set(
            ("signatures", campaign_id), lambda: statistics.by_state(session, campaign_id)
        )

    def letter_totals(self, session: Session, campaign_id: int) -> LetterTotals:
        return self.get_or_set(
            ("letters", campaign_id),
            lambda: LetterTotals(
                letter_lists.count_by_state(session, campaign_id),
                letter_lists.count_answered(session, campaign_id),
            ),
        )
