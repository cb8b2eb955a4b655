"""The addresses that letters come from: readable for officials, and traceable for us.

Random-looking senders are blocked, and a supporter's own address in From fails DMARC, so
a letter comes from her name at the campaign's domain.
"""

from __future__ import annotations

import re

from anyascii import anyascii

MAX_LOCAL = 40
"""Characters before the @; RFC 5321, section 4.5.3.1.1, allows 64."""

# Mailboxes that others expect to find somebody behind (RFC 2142, and what is common).
_TAKEN = frozenset(
    """
    abuse admin administrator bounce contact ftp hostmaster info mail mailer-daemon marketing
    no-reply noc noreply office postmaster root sales security support usenet uucp webmaster www
    """.split()  # noqa: SIM905 - a list that people read
)


def readable_address(name: str, domain: str, otherwise: str) -> str:
    """Return an address made from a person's name in Latin letters, such as testa.example@….

    A name of which nothing remains, or that is a well-known mailbox, gets `otherwise`.
    """
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower().replace("'", ""))
    local = ".".join(words)[:MAX_LOCAL].rstrip(".")
    return otherwise if not local or local in _TAKEN else f"{local}@{domain}"
