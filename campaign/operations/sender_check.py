"""Check in the background what `campaign doctor` checks of the sender, for pages that show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.operations import queries

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.mail.dns_lookup import DnsLookup
    from campaign.operations.rows import SenderCheckRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

CHECK_EVERY = timedelta(hours=6)
"""Records of the DNS are rarely changed, and their changes take hours to be seen anyway."""


CHECK_AGAIN = timedelta(minutes=10)
"""After a check that could not be made: the name server did not answer."""

NOT_CHECKED = "not checked"
"""How `campaign doctor` begins what it could not find out."""


def _interval(known: SenderCheckRow) -> timedelta:
    unknown = any("DNS does not answer" in message for _, _, message in known.findings)
    return CHECK_AGAIN if unknown else CHECK_EVERY


@dataclass(frozen=True)
class SenderChecker:
    """Checks SPF, DKIM and DMARC of the domain that mail is sent from.

    `lookup`: None for the name servers of this machine. `is_needed`: mail leaves over SMTP.
    """

    database: Database
    keyring: Keyring
    domain: str
    clock: Callable[[], datetime]
    is_needed: bool
    lookup: DnsLookup | None = None

    def check(self) -> None:
        """Check, unless that was done in the last hours, and store what was found."""
        now = self.clock()
        if not self.is_needed:
            return
        with self.database.reading() as session:
            known = queries.sender_check(session, self.domain)
        if known is not None and now - known.checked_at < _interval(known):
            return
        # Imported here: the resolver takes memory that a site without SMTP can do without.
        from campaign.mail.dns_lookup import DnsResolver  # noqa: PLC0415
        from campaign.operations import doctor  # noqa: PLC0415

        signed = doctor.find_test_mail_signature(self.database, self.keyring)
        found = list(doctor.check_dns(self.domain, "", signed, self.lookup or DnsResolver()))
        with self.database.writing() as session:
            queries.store_sender_check(session, self.domain, found, now)
