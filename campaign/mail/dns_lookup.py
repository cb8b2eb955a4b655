"""Look up the DNS records by which receiving servers authenticate mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.resolver

TIMEOUT_SECONDS = 5.0


class DnsUnavailable(Exception):
    """DNS does not answer, so nothing is known about the records."""


class DnsLookup(Protocol):
    def __call__(self, name: str, kind: str) -> list[str]:
        """Return the records of that name and type as text, possibly none.

        Raise DnsUnavailable if DNS does not answer.
        """
        ...


@dataclass(frozen=True)
class DnsResolver:
    """A lookup that uses the name servers configured on this machine."""

    seconds: float = TIMEOUT_SECONDS

    def __call__(self, name: str, kind: str) -> list[str]:
        try:
            answer = dns.resolver.resolve(name, kind, lifetime=self.seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise DnsUnavailable(type(error).__name__) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]
