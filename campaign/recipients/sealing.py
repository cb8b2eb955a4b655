"""Sealing of what supporters and a recipient's staff say about where letters belong."""

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


def seal_place(keyring: Keyring, wish_id: UUID, place: str) -> bytes:
    return keyring.seal(wish_id, "recipient_wishes.sealed", {"place": place})


def open_place(keyring: Keyring, wish_id: UUID, sealed: bytes) -> str:
    """Return where letters belong, as a recipient's staff typed it."""
    return str(keyring.open(wish_id, "recipient_wishes.sealed", sealed)["place"])
