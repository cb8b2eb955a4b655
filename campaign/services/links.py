"""The addresses that mails lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.signature import PENDING_FOR, PRIVATE_LINK_FOR
from campaign.tokens import Purpose

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from campaign.tokens import Tokens


class Links:
    """Makes full addresses with signed tokens for one campaign's pages."""

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens

    def page(self, language: str, slug: str) -> str:
        return f"{self._base_url}/{language}/{slug}"

    def confirm(self, language: str, slug: str, signature_id: UUID, now: datetime) -> str:
        return self._signed(Purpose.CONFIRM, language, slug, signature_id, now + PENDING_FOR)

    def private(self, language: str, slug: str, signature_id: UUID, now: datetime) -> str:
        return self._signed(Purpose.PRIVATE, language, slug, signature_id, now + PRIVATE_LINK_FOR)

    def stop(self, language: str, slug: str, address_hash: bytes, now: datetime) -> str:
        token = self._tokens.make_stop(slug, address_hash, now + PRIVATE_LINK_FOR)
        return f"{self.page(language, slug)}/{Purpose.STOP}/{token}"

    def _signed(
        self, purpose: Purpose, language: str, slug: str, signature_id: UUID, expires: datetime
    ) -> str:
        token = self._tokens.make(purpose, slug, signature_id, expires)
        return f"{self.page(language, slug)}/{purpose}/{token}"
