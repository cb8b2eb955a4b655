"""Sealing of what supporters say about a recipient's contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.keyring import Keyring


def seal_contact_report(keyring: Keyring, report_id: UUID, words: str) -> bytes:
    return keyring.seal(report_id, "contact_reports.sealed", {"words": words})


def open_contact_report(keyring: Keyring, report_id: UUID, sealed: bytes) -> str:
    """Return what a supporter said about a recipient's contact."""
    return str(keyring.open(report_id, "contact_reports.sealed", sealed)["words"])
