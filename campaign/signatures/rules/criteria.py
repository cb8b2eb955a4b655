"""Which signatures are meant, by how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.signatures.rules.signature import HOLD_REASON_LABELS, HoldReason

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class SignatureCriteria:
    """Which signatures, by how they came about. One without any part means every signature.

    Each part that is given narrows. `source`: empty for those that came without one.
    `created_from` is included, `created_until` is not. `domain`: of the mail address.
    `held_for`: held, and for that reason.
    """

    source: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    domain: str = ""
    government: str = ""
    held_only: bool = False
    held_for: HoldReason | None = None

    @property
    def description(self) -> str:
        """Return what the rule says, for organisers."""
        parts = [
            f"source {self.source or '(none)'}" if self.source is not None else "",
            f"from {self.created_from:%Y-%m-%d %H:%M} UTC" if self.created_from else "",
            f"until {self.created_until:%Y-%m-%d %H:%M} UTC" if self.created_until else "",
            f"mail domain {self.domain}" if self.domain else "",
            f"government {self.government}" if self.government else "",
            f"held: {HOLD_REASON_LABELS[self.held_for]}" if self.held_for else "",
            "held" if self.held_only and not self.held_for else "",
        ]
        return ", ".join(filter(None, parts)) or "all"


ALL_SIGNATURES = SignatureCriteria()
