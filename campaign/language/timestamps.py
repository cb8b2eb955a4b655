"""Timestamps in exported tables."""

from __future__ import annotations

from datetime import datetime


class Timestamp(str):
    """A timestamp in UTC, to the second, in the format of RFC 3339: 2000-09-18T09:30:00Z."""

    __slots__ = ()

    def to_datetime(self) -> datetime:
        return datetime.fromisoformat(self)
