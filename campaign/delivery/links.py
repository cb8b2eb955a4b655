"""The addresses that mails lead to."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from campaign.signatures.rules.signature import (
    PENDING_LIFETIME,
    PRIVATE_LINK_LIFETIME,
    UNSUBSCRIBE_LINK_LIFETIME,
)
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from campaign.store.tokens import Tokens


ALL_CAMPAIGNS = ""
"""In the place of a campaign: what a ministry asks for holds for all of them."""

# A token: the id with its end (24 bytes), a dot and a MAC (32 bytes), in base64url.
_ID_CHARACTERS = 21
"""So many characters of a token are the id's alone."""

_REST = 32 - _ID_CHARACTERS + len(".") + 43
_BREAK = r"[\s>]*"
"""What programs put into a long link when they wrap or quote it."""


def redact_preferences_links(text: str, letter_id: UUID) -> str:
    """Return a text that may be shown to a supporter: only the ministry gets its link.

    By the token itself, wherever it stands: mail programs wrap links and put them into
    others.
    """
    start = base64.urlsafe_b64encode(letter_id.bytes).decode()[:_ID_CHARACTERS]
    token = _BREAK.join(map(re.escape, start)) + rf"(?:{_BREAK}[A-Za-z0-9_.-]){{0,{_REST}}}"
    return re.sub(token, "…", text)


class Links:
    """Makes full addresses with signed tokens, for a campaign's pages and for ministries."""

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens

    def absolute_url(self, path: str) -> str:
        """Return the full address of a path on this site."""
        return f"{self._base_url}{path}"

    def campaign_url(self, language: str, slug: str) -> str:
        return f"{self._base_url}/{language}/{slug}"

    def confirm_url(self, language: str, slug: str, signature_id: UUID, now: datetime) -> str:
        return self._signed(Purpose.CONFIRM, language, slug, signature_id, now + PENDING_LIFETIME)

    def private_url(self, language: str, slug: str, signature_id: UUID, now: datetime) -> str:
        return self._signed(
            Purpose.PRIVATE, language, slug, signature_id, now + PRIVATE_LINK_LIFETIME
        )

    def unsubscribe_url(self, language: str, slug: str, signature_id: UUID, now: datetime) -> str:
        """Return where news ends, for a person and for a mail program (RFC 8058)."""
        return self._signed(
            Purpose.UNSUBSCRIBE, language, slug, signature_id, now + UNSUBSCRIBE_LINK_LIFETIME
        )

    def stop_url(self, language: str, slug: str, address_hash: bytes, now: datetime) -> str:
        token = self._tokens.make_stop(slug, address_hash, now + PRIVATE_LINK_LIFETIME)
        return f"{self.campaign_url(language, slug)}/{Purpose.STOP}/{token}"

    def preferences_url(self, language: str, letter_id: UUID, now: datetime) -> str:
        """Return where a ministry's staff asks for a daily mail, or for no more letters."""
        return self._for_ministry(
            Purpose.RECIPIENT_PREFERENCES, language, letter_id, now + PRIVATE_LINK_LIFETIME
        )

    def preference_confirmation_url(
        self, purpose: Purpose, language: str, mail_id: UUID, now: datetime
    ) -> str:
        """Return what does as a ministry asked, for a mail to its address or the organisers'."""
        return self._for_ministry(purpose, language, mail_id, now + PENDING_LIFETIME)

    def _for_ministry(
        self, purpose: Purpose, language: str, identifier: UUID, expires: datetime
    ) -> str:
        token = self._tokens.make(purpose, ALL_CAMPAIGNS, identifier, expires)
        return f"{self._base_url}/ministry/{language}/{purpose}/{token}"

    def _signed(
        self, purpose: Purpose, language: str, slug: str, signature_id: UUID, expires: datetime
    ) -> str:
        token = self._tokens.make(purpose, slug, signature_id, expires)
        return f"{self.campaign_url(language, slug)}/{purpose}/{token}"
