"""Who runs the site. Mails come from the operator, never from a letter's author."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """`sender` is the address that mails and letters come from."""

    name: str
    address: str
    contact: str
    privacy_url: str
    sender: str

    @property
    def domain(self) -> str:
        """Return the domain that letters come from and reports come back to."""
        return self.sender.rpartition("@")[2]
