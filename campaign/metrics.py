"""Who is told what processes do, where anybody counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.delivery.rules.delivery import Outcome


class Metrics:
    """Is told what happens, and forgets it."""

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request was answered; `route` is the rule and never the address."""

    def observe_transaction(self, seconds: float) -> None:
        """One transaction that writes has ended, by a commit or not."""

    def count_attempt(self, kind: str, outcome: Outcome) -> None:
        """A letter or a mail was handed over, or was not."""
