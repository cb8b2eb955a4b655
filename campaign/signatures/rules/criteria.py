"""Criteria for signatures, by how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from campaign.signatures.rules.signature import HOLD_REASON_LABELS, HoldReason

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

MAX_SOURCE = 32


@dataclass(frozen=True)
class SignatureCriteria:
    """Criteria for signatures, by how they came about; without any, they mean every signature.

    Every field that is set has to match. `source`: empty for those that came without one.
    `created_from` is inclusive, `created_until` is exclusive. `domain`: of the e-mail address.
    `held_for`: held, and for that reason.
    """

    source: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    domain: str = ""
    government: str = ""
    held_only: bool = False
    held_for: HoldReason | None = None

    def description(self, zone: tzinfo = UTC) -> str:
        """Return the criteria in words, for organisers; times in that zone, with its name."""
        parts = [
            f"source {self.source or '(none)'}" if self.source is not None else "",
            f"from {_in_zone(self.created_from, zone)}" if self.created_from else "",
            f"until {_in_zone(self.created_until, zone)}" if self.created_until else "",
            f"mail domain {self.domain}" if self.domain else "",
            f"government {self.government}" if self.government else "",
            f"held: {HOLD_REASON_LABELS[self.held_for]}" if self.held_for else "",
            "held" if self.held_only and not self.held_for else "",
        ]
        return ", ".join(filter(None, parts)) or "all"


def _in_zone(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


ALL_SIGNATURES = SignatureCriteria()
