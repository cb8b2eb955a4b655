"""Ask DNS for the records that tell receiving servers whose mail this is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.resolver

ANSWER_SECONDS = 5.0


class DnsSilent(Exception):
    """DNS does not answer here, so nothing is known."""


class Lookup(Protocol):
    def __call__(self, name: str, kind: str) -> list[str]:
        """Return the records of that name, as text; none if there are none, or DnsSilent."""
        ...


@dataclass(frozen=True)
class Resolver:
    """Asks the name servers that this machine is set to use."""

    seconds: float = ANSWER_SECONDS

    def __call__(self, name: str, kind: str) -> list[str]:
        try:
            answer = dns.resolver.resolve(name, kind, lifetime=self.seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise DnsSilent(type(error).__name__) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]
