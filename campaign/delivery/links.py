"""The URLs in mails."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from campaign.recipients.rules.wish import LINK_LIFETIME
from campaign.signatures.rules.signature import (
    PENDING_LIFETIME,
    PRIVATE_LINK_LIFETIME,
    UNSUBSCRIBE_LINK_LIFETIME,
)
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.store.tokens import Tokens


ALL_CAMPAIGNS = ""
"""The campaign in a recipient's tokens: what a recipient asks for applies to all campaigns."""

# A token: the id and its expiry (24 bytes), a dot and a MAC (32 bytes), in base64url.
_ID_CHARACTERS = 21
"""How many leading characters of a token depend on the id alone."""

_REST = 32 - _ID_CHARACTERS + len(".") + 43
_BREAK = r"[\s>]*"
"""What programs insert into a long link when they wrap or quote it."""


def redact_preferences_links(text: str, letter_id: UUID) -> str:
    """Return a text that may be shown to a supporter: without the recipient's own link.

    The token itself is removed, wherever it is: mail programs wrap links and embed them in others.
    """
    start = base64.urlsafe_b64encode(letter_id.bytes).decode()[:_ID_CHARACTERS]
    token = _BREAK.join(map(re.escape, start)) + rf"(?:{_BREAK}[A-Za-z0-9_.-]){{0,{_REST}}}"
    return re.sub(token, "…", text)


class Links:
    """Builder of absolute URLs with signed tokens, for a campaign's pages and for recipients."""

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens

    def absolute_url(self, path: str) -> str:
        """Return the absolute URL of a path on this site."""
        return f"{self._base_url}{path}"

    def campaign_url(self, language: str, slug: str) -> str:
        return f"{self._base_url}/{language}/{slug}"

    def confirm_url(
        self, language: str, loaded: LoadedCampaign, signature_id: UUID, now: datetime
    ) -> str:
        return self._signed(Purpose.CONFIRM, language, loaded, signature_id, now + PENDING_LIFETIME)

    def private_url(
        self, language: str, loaded: LoadedCampaign, signature_id: UUID, now: datetime
    ) -> str:
        return self._signed(
            Purpose.PRIVATE, language, loaded, signature_id, now + PRIVATE_LINK_LIFETIME
        )

    def unsubscribe_url(
        self, language: str, loaded: LoadedCampaign, signature_id: UUID, now: datetime
    ) -> str:
        """Return the URL that unsubscribes from news, for people and mail programs (RFC 8058)."""
        return self._signed(
            Purpose.UNSUBSCRIBE, language, loaded, signature_id, now + UNSUBSCRIBE_LINK_LIFETIME
        )

    def stop_url(
        self, language: str, loaded: LoadedCampaign, address_hash: bytes, now: datetime
    ) -> str:
        token = self._tokens.make_stop(loaded.uid, address_hash, now + PRIVATE_LINK_LIFETIME)
        return f"{self.campaign_url(language, loaded.slug)}/{Purpose.STOP}/{token}"

    def preferences_url(self, language: str, letter_id: UUID, now: datetime) -> str:
        """Return the URL where a recipient's staff asks for a digest, or for no more letters."""
        return self._for_recipient(
            Purpose.RECIPIENT_PREFERENCES, language, letter_id, now + PRIVATE_LINK_LIFETIME
        )

    def preference_confirmation_url(
        self, purpose: Purpose, language: str, mail_id: UUID, now: datetime
    ) -> str:
        """Return the URL that applies a request, for a mail to the recipient or the organisers."""
        return self._for_recipient(purpose, language, mail_id, now + LINK_LIFETIME)

    def _for_recipient(
        self, purpose: Purpose, language: str, identifier: UUID, expires: datetime
    ) -> str:
        token = self._tokens.make(purpose, ALL_CAMPAIGNS, identifier, expires)
        return f"{self._base_url}/ministry/{language}/{purpose}/{token}"

    def _signed(
        self,
        purpose: Purpose,
        language: str,
        loaded: LoadedCampaign,
        signature_id: UUID,
        expires: datetime,
    ) -> str:
        token = self._tokens.make(purpose, loaded.uid, signature_id, expires)
        return f"{self.campaign_url(language, loaded.slug)}/{purpose}/{token}"
