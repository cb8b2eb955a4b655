"""Sealed values and keyed hashes of organisers' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.keyring import Keyring


def hash_organiser_email(keyring: Keyring, email: str) -> bytes:
    """Return the keyed hash by which an organiser is found, whatever her e-mail address's case."""
    return keyring.hash("organiser", email.strip().lower())


def hash_throttle_key(keyring: Keyring, email: str, device: str) -> bytes:
    """Return the keyed hash under which failed tries from a device are counted."""
    return keyring.hash("sign-in", f"{email.strip().lower()}\0{device}")


def seal_organiser_email(keyring: Keyring, organiser_id: UUID, email: str) -> bytes:
    return keyring.seal(organiser_id, "organisers.sealed", {"email": email})


def unseal_organiser_email(keyring: Keyring, organiser_id: UUID, sealed: bytes) -> str:
    """Return an organiser's e-mail address."""
    return str(keyring.open(organiser_id, "organisers.sealed", sealed)["email"])


def seal_totp(keyring: Keyring, organiser_id: UUID, secret: str) -> bytes:
    return keyring.seal(organiser_id, "organisers.totp", {"secret": secret})


def unseal_totp(keyring: Keyring, organiser_id: UUID, sealed: bytes) -> str:
    """Return the secret of an organiser's second step."""
    return str(keyring.open(organiser_id, "organisers.totp", sealed)["secret"])
