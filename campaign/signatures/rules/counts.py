"""The dimensions by which signatures are counted, and filters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from campaign.signatures.rules.signature import Origin

SHARDS = 16
"""Counter rows that share one key's load, so that signing does not queue on one row."""


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
    """Filter for counts; every field that is set has to match.

    `revision`: its digest. `wording`: its number. `source`: also the empty one. `first`, `last`:
    UTC days, both inclusive.
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
