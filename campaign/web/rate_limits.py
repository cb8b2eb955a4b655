"""Rate limits per network: signatures and mails per hour, password attempts per minute.

Password attempts count only from browsers that no organiser has signed in with. The counting is
done by `limits`.

A network is one IPv4 address or one IPv6 /48, the most that one site is given (RFC 6177).
It is never stored: what is counted is its HMAC with a key of the UTC day, in this process's
memory or in Redis, and for no longer than that hour and the next.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, cast

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from campaign import logs

if TYPE_CHECKING:
    from datetime import date

    from limits.storage import Storage

log = logs.get_logger(__name__)

PASSWORD_TRIES_PER_MINUTE = 30
"""Passwords that one network may try in a minute from browsers that never signed in."""

IN_MEMORY = "memory://"
_SECONDS_FOR_REDIS = 1
_REST_SECONDS = 30
"""How long Redis is not asked again after it did not answer."""

_ATTACK_DIVISOR = 4
"""In attack mode, the limits of a network are divided by this."""

NETWORK_SHARE_DIVISOR = 10
"""The signatures of one network in an hour that are not held cause at most this part of the mails.

The mails are those that the site may send in an hour.
"""

_OVERALL = "any form"
_MAILS = "mails"

_MOST_NETWORKS = 300_000
"""Counters in one process, three for a network; beyond that, counting starts again from zero, so
that the memory does not fill up."""


@dataclass(frozen=True)
class NetworkLimits:
    """What one network may do in an hour: signatures to one campaign, to all, and mails.

    `tries`: passwords in a minute, from browsers that no organiser has signed in with.
    """

    per_campaign: int
    overall: int
    mails: int
    tries: int = PASSWORD_TRIES_PER_MINUTE


class FixedWindowStorage(MemoryStorage):
    """An in-memory store of counters, all of which are dropped when the hour or minute is over.

    The memory storage of `limits` itself starts a thread for each signature, which scans all
    counters, so a flood from many networks gets more expensive with each of them.
    """

    def __init__(self, most: int = _MOST_NETWORKS) -> None:
        super().__init__()
        self._most = most
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._until = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._lock:
            now = time.monotonic()
            if now >= self._until or len(self._counts) >= self._most:
                self._counts.clear()
                self._until = now + expiry
            self._counts[key] = self._counts.get(key, 0) + amount
            return self._counts[key]


class RateLimiter:
    """Counts what each network does, in Redis or in this process, and applies the limits."""

    def __init__(self, store: str, key: bytes, limits: NetworkLimits) -> None:
        self._key = key
        self._limits = limits
        self._spare = FixedWindowRateLimiter(FixedWindowStorage())
        self._tries = FixedWindowRateLimiter(FixedWindowStorage())
        self._shared = None if store == IN_MEMORY else _shared(store)
        self._rests_until = 0.0

    def hit_signature(self, ip: str, slug: str, day: date, *, attacked: bool = False) -> bool:
        """Count a signature to a campaign, and return whether its network is within the limit.

        If Redis does not answer, this process counts on its own.
        """
        network = self._hashed(network_of(ip), day)
        part = _ATTACK_DIVISOR if attacked else 1
        allowed = ((slug, self._limits.per_campaign), (_OVERALL, self._limits.overall))
        within = [self._take(network, name, most // part) for name, most in allowed]
        return all(within)

    def hit_mail(self, ip: str, day: date, *, attacked: bool = False) -> bool:
        """Count a mail a visitor causes, and return whether its network is within the limit."""
        part = _ATTACK_DIVISOR if attacked else 1
        return self._take(self._hashed(network_of(ip), day), _MAILS, self._limits.mails // part)

    def hit_password_try(self, ip: str, day: date) -> bool:
        """Count a password attempt, and return whether its network is within the limit.

        Each process counts on its own, because the limit protects the time of that process.
        """
        network = self._hashed(network_of(ip), day)
        return self._tries.hit(RateLimitItemPerMinute(self._limits.tries), network)

    def _take(self, network: str, name: str, most: int) -> bool:
        item = RateLimitItemPerHour(max(most, 1))
        if self._shared is not None and time.monotonic() >= self._rests_until:
            try:
                return self._shared.hit(item, name, network)
            except StorageError:
                self._rests_until = time.monotonic() + _REST_SECONDS
                log.warning("rate limit store unavailable, counting in this process")
        return self._spare.hit(item, name, network)

    def _hashed(self, network: str, day: date) -> str:
        day_key = hmac.new(self._key, f"networks\0{day}".encode(), hashlib.sha256).digest()
        return hmac.new(day_key, network.encode(), hashlib.sha256).hexdigest()[:32]


def network_of(address: str) -> str:
    """Return the network of an IP address; all invalid addresses share one, "unknown"."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:  # noqa: PLR2004 - the version's name
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found.packed[:6] + bytes(10), 48)))
    return str(found)


def _shared(store: str) -> FixedWindowRateLimiter:
    storage = storage_from_string(
        store,
        wrap_exceptions=True,
        socket_timeout=_SECONDS_FOR_REDIS,
        socket_connect_timeout=_SECONDS_FOR_REDIS,
    )
    return FixedWindowRateLimiter(cast("Storage", storage))
