"""By what signatures are counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from campaign.signatures.rules.signature import Origin

SHARDS = 16
"""Counter rows that share one key's load, so that signing hours don't queue on one row."""


class Dimension(StrEnum):
    GOVERNMENT = "government"
    DAY = "day"
    LANGUAGE = "language"
    REVISION = "revision"
    WORDING = "wording"
    ORIGIN = "origin"
    SOURCE = "source"


@dataclass(frozen=True)
class CountFilter:
    """Which counts: each that is given narrows.

    `revision`: its digest. `wording`: its number. `source`: also the empty one. `first`, `last`:
    UTC days, both count.
    """

    government: str = ""
    language: str = ""
    revision: str = ""
    wording: int | None = None
    origin: Origin | None = None
    source: str | None = None
    first: date | None = None
    last: date | None = None


NO_FILTER = CountFilter()


def shard_of(signature_id: UUID) -> int:
    return signature_id.int % SHARDS
