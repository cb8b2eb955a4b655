"""An answer to a letter: its displayed content, and whether it is from where the letter went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.mail.providers import PROVIDERS
from campaign.signatures.rules.identity import domain_of, is_same_mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable

UNFILED_RETENTION = timedelta(days=90)
"""How long an incoming message that fits no letter is stored."""

_SHARED_DOMAINS = frozenset(domain for provider in PROVIDERS for domain in provider.domains)
"""Domains at which anybody may have an address."""


class ReviewReason(StrEnum):
    """Why a person has to decide whether a message is an answer.

    `OTHER_DOMAIN`: it is not from the recipient's own. `SEALED`: its text is in a file.
    """

    OTHER_DOMAIN = "other_domain"
    SEALED = "sealed"


@dataclass(frozen=True)
class MessageContent:
    """Displayed content of a message that answers a letter; the message itself is stored too.

    `files`: names of its attachments. `truncated`: the message contains more than this.
    """

    sender: str
    subject: str
    text: str
    files: tuple[str, ...]
    truncated: bool

    @property
    def sender_domain(self) -> str:
        """Return the sender's domain, or the whole sender if it has none."""
        return domain_of(self.sender) or self.sender or "?"


UNREADABLE = MessageContent("", "", "", (), truncated=True)
"""Displayed content of a message that cannot be parsed; all of it is in the message itself."""


def is_sender_of(sender: str, addresses: Iterable[str]) -> bool:
    """Return whether a sender is at the domain of one of these addresses, or at a subdomain.

    At a mail provider's, where anybody may have an address, only the same mailbox counts.
    """
    return "@" in sender and any(_is_at(sender, address) for address in addresses)


def _is_at(sender: str, address: str) -> bool:
    theirs, ours = domain_of(sender), domain_of(address)
    if ours in _SHARED_DOMAINS:
        return is_same_mailbox(sender, address)
    return bool(ours) and (theirs == ours or theirs.endswith(f".{ours}"))
