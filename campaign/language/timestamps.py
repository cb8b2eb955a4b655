"""Moments in tables that leave the house."""

from __future__ import annotations

from datetime import datetime


class Timestamp(str):
    """A moment in UTC, to the second, as RFC 3339 has it: 2000-09-18T09:30:00Z."""

    __slots__ = ()

    def to_datetime(self) -> datetime:
        return datetime.fromisoformat(self)
