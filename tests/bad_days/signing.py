"""Visitors who sign while things break: they send the same form again until it is answered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign.signatures.rows import SignatureRow
from campaign.signatures.sealing import hash_identity
from tests.bad_days.books import Acknowledged
from tests.helpers.campaigns import loaded_campaign
from tests.visitor import Fields, SiteUnavailable, Visitor, VisitorResponse

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

PATIENCE = 90.0
AWAY = 503


@dataclass
class PersistentSigner:
    """Sign one after another, and keep what they were answered."""

    site: RunningSite
    container: Container
    promised: Acknowledged = field(default_factory=Acknowledged)
    away: int = 0
    """How often the site said that it is away, each time with when to come back."""
    broken: int = 0
    """How often a connection ended without an answer."""

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.site)
        # Read once: while the database is away, links are made all the same.
        self.campaign = loaded_campaign(self.container)

    def form(self, email: str, *, letter: bool) -> Fields:
        """Ask for a form until one is had, and fill it in; return it as it is sent at last."""
        person = {"name": "Testa Example", "email": email, "government": "DE"}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if letter:
                    return self.visitor.form_after_preview(**person)
                return self.visitor.form_without_letter(**person)
            except (OSError, HTTPException):
                self.broken += 1
            except SiteUnavailable:
                self.away += 1
            time.sleep(0.2)
        raise TimeoutError("the form could not be had")

    def send(self, email: str, filled: Fields) -> None:
        answer = self.until_answered(f"{self.visitor.start}/sign", filled)
        assert "/check/" in answer.location, answer.text
        self.promised.signed.add(email)

    def confirm(self, email: str) -> None:
        answer = self.until_answered(self.link(email), [])
        assert "/done/" in answer.location, answer.text
        self.promised.confirmed.add(email)

    def link(self, email: str) -> str:
        """Return the link that is in her mail, which may not have left yet."""
        hers = self._signature_of(email)
        assert hers is not None, f"{email} was answered and is not there"
        return urlsplit(self.container.links.confirm_url("en", self.campaign, *hers)).path

    def _signature_of(self, email: str) -> tuple[UUID, datetime] | None:
        """Return her signature's id and when it was made, by the site's clock."""
        hers = SignatureRow.identity_hash == hash_identity(self.container.keyring, email)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.container.database.reading() as session:
                    wanted = select(SignatureRow.id, SignatureRow.created_at).where(hers)
                    found = session.execute(wanted).first()
                    return found.tuple() if found else None
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def until_answered(self, path: str, form: Fields) -> VisitorResponse:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.visitor.ask("POST", path, form)
            except (OSError, HTTPException):
                self.broken += 1
                time.sleep(0.1)
                continue
            if answer.status != AWAY:
                return answer
            assert answer.retry_after, "it does not say when to come back"
            self.away += 1
            time.sleep(0.2)
        raise TimeoutError(f"{path} was never answered")
