"""Whom a campaign's letters are for: an office of each government, or one that stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.recipients.rules.recipient import FOREIGN_AFFAIRS, recipient_key

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RecipientChoice:
    """What a campaign says about its recipients.

    `offices`: of every government, the preferred one first; the others stand in where it cannot be
    written to. `named`: keys of recipients instead of these, by government, in the same order.
    """

    offices: tuple[str, ...] = (FOREIGN_AFFAIRS,)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def candidates(self, government: str) -> tuple[str, ...]:
        """Return the keys of whom a government's supporters may write to, the preferred first."""
        return self.named.get(government) or tuple(
            recipient_key(government, office) for office in self.offices
        )
