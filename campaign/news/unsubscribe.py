"""Withdraw the consent to news, from the link in a news mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.rules.campaign import Consent
from campaign.campaigns.serialization import words_digest
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import consents, signatures

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.privacy.ledger import Ledger
    from campaign.signing.confirm import ConsentText


def unsubscribe(
    session: Session, ledger: Ledger, signature_id: UUID, shown: ConsentText, now: datetime
) -> None:
    """Withdraw her consent to news; what is queued for her is dropped when its turn comes.

    Repeating it changes nothing. A deleted or unknown signature has no consent left to withdraw.
    """
    if signatures.find(session, signature_id) is None:
        return
    row = signatures.lock(session, signature_id)
    if row.sealed is None:
        return
    if row.send_news:
        ledger.append(now, LedgerAction.CONSENT_WITHDRAWN, f"{row.id} {Consent.SEND_NEWS}")
    given, words = {Consent.SEND_NEWS: False}, {Consent.SEND_NEWS: words_digest(shown.words)}
    consents.set_consents(session, row, given, words, shown.language, now)
