"""Identifiers made by the application, so that a form can carry one before its row exists."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7_timestamp(identifier: UUID) -> datetime:
    """Return when a UUIDv7 was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def uuid7(now: datetime) -> UUID:
    """Return a time-ordered UUID for this millisecond (RFC 9562, section 5.7)."""
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1) & ((1 << 48) - 1)
    random_bits = secrets.randbits(74)
    value = milliseconds << 80
    value |= 0x7 << 76
    value |= (random_bits >> 62) << 64
    value |= 0b10 << 62
    value |= random_bits & ((1 << 62) - 1)
    return UUID(int=value)
