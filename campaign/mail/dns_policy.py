"""Check a domain's DNS records for mail: SPF, DKIM, DMARC and MX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_SPF = re.compile(r"v=spf1(\s|$)", re.IGNORECASE)
_SELECTOR = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,3}")
_DMARC = re.compile(r"v=DMARC1\s*(;|$)", re.IGNORECASE)


class Severity(StrEnum):
    """Correct, worth a look, or wrong."""

    OK = "ok"
    NOTE = "note"
    ERROR = "FAULT"


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    level: Severity
    subject: str
    message: str


@dataclass(frozen=True)
class DkimSigner:
    """The key that signed a mail: in the DNS of `domain`, under `selector` (RFC 6376, 3.1)."""

    selector: str
    domain: str

    @property
    def name(self) -> str:
        """The DNS name of the key."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True)
class SignedTestMail:
    """When a test mail came back, and the DKIM signer for the sender's domain, if any."""

    at: datetime
    signer: DkimSigner | None


def find_dkim_signer(domain: str, signatures: Iterable[str]) -> DkimSigner | None:
    """Return who signed for a domain, by a message's DKIM-Signature headers (RFC 6376, 3.5).

    A parent domain may sign, too (DMARC's relaxed alignment, RFC 7489, section 3.1.1). The result
    can be looked up in the DNS; apart from that, the headers are unverified.
    """
    for header in signatures:
        pairs = (tag.partition("=") for tag in header.split(";"))
        tags = {name.strip(): value.strip().lower() for name, _, value in pairs}
        signer = DkimSigner(tags.get("s", ""), tags.get("d", ""))
        above = f".{domain}".endswith(f".{signer.domain}") and "." in signer.domain
        if above and _SELECTOR.fullmatch(signer.selector):
            return signer
    return None


def check_spf(domain: str, records: list[str]) -> Finding:
    """Check the SPF record among the TXT records of the sender's domain (RFC 7208)."""
    found = [record for record in records if _SPF.match(record)]
    if len(found) > 1:
        return Finding(
            Severity.ERROR, "SPF", f"{domain} has {len(found)} SPF records; one is allowed"
        )
    if not found:
        return Finding(
            Severity.ERROR, "SPF", f"{domain} has no SPF record, so servers may refuse its mail"
        )
    if re.search(r"\s\+?all\b", found[0]):
        return Finding(
            Severity.ERROR, "SPF", f"{domain} lets everybody send in its name: {found[0]}"
        )
    if not re.search(r"\s[-~?]all\b|\sredirect=", found[0]):
        return Finding(Severity.NOTE, "SPF", f"{domain} does not say what is not its: {found[0]}")
    return Finding(
        Severity.OK, "SPF", f"{found[0]} (does it name the server that sends? that is not checked)"
    )


def check_dkim(signer: DkimSigner, records: list[str], known_by: str) -> Finding:
    """Check the TXT records of a signer's DNS name (RFC 6376, section 3.6.1).

    `known_by`: how it is known that mail is signed with this key.
    """
    name = signer.name
    keys = [match[1] for one in records if (match := re.search(r"(?:^|;)\s*p=([^;]*)", one))]
    if not keys:
        return Finding(Severity.ERROR, "DKIM", f"{name} has no key")
    if not keys[0].strip():
        return Finding(Severity.ERROR, "DKIM", f"the key of {name} was taken back")
    return Finding(Severity.OK, "DKIM", f"{name} has a key ({known_by})")


def check_dmarc(domain: str, records: list[str]) -> Finding:
    """Check the TXT records of `_dmarc.` and the domain (RFC 7489)."""
    found = [record for record in records if _DMARC.match(record)]
    if len(found) != 1:
        said = "no DMARC record" if not found else f"{len(found)} DMARC records, so none counts"
        return Finding(Severity.ERROR, "DMARC", f"{domain} has {said}")
    policy = re.search(r"[;\s]p=(\w+)", found[0])
    if policy is None:
        return Finding(Severity.ERROR, "DMARC", f"{domain} has no policy in its record: {found[0]}")
    if policy[1].lower() == "none":
        return Finding(Severity.NOTE, "DMARC", f"{domain} only watches (p=none)")
    return Finding(Severity.OK, "DMARC", f"{domain}: p={policy[1]}")


def check_mx(domain: str, records: list[str], hosts: list[str]) -> Finding:
    """Check where mail to the domain goes, as reports and answers come back there (RFC 7505).

    Without an MX record, mail goes to the domain's own host (RFC 5321, section 5.1).
    """
    if records in (["0 ."], ["0 @"]):
        return Finding(Severity.ERROR, "MX", f"{domain} says that it takes no mail")
    if records:
        return Finding(Severity.OK, "MX", f"{domain}: {', '.join(sorted(records))}")
    if hosts:
        said = f"{domain} has no MX record, so mail goes to {hosts[0]}: does that take it?"
        return Finding(Severity.NOTE, "MX", said)
    return Finding(Severity.ERROR, "MX", f"{domain} takes no mail, so reports and answers are lost")
