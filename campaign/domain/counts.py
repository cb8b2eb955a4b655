"""By what signatures are counted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

SHARDS = 16
"""Counter rows that share one key's load, so that signing hours don't queue on one row."""


class Dimension(StrEnum):
    GOVERNMENT = "government"
    DAY = "day"
    LANGUAGE = "language"
    REVISION = "revision"
    ORIGIN = "origin"
    SOURCE = "source"


def shard_of(signature_id: UUID) -> int:
    return signature_id.int % SHARDS
