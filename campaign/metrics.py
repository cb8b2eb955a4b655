"""The interface for metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.delivery.rules.delivery import Outcome


class Metrics:
    """Metrics that are discarded; a subclass counts them."""

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Record a request that was answered; `route` is the rule, never the URL."""

    def observe_transaction(self, seconds: float) -> None:
        """Record a writing transaction that has ended, committed or not."""

    def count_attempt(self, kind: str, outcome: Outcome) -> None:
        """Count an attempt to send a letter or a mail, by its outcome."""
