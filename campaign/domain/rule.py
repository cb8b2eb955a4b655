"""Which signatures are meant, by how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Rule:
    """Each part that is given narrows; one without any means every signature.

    `source`: empty for those that came without one. `created_from` is included,
    `created_until` is not. `domain`: of the mail address.
    """

    source: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    domain: str = ""
    government: str = ""
    held_only: bool = False


ANY = Rule()
