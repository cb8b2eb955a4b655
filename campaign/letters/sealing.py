"""Sealing of letters, and the keyed hashes of who writes what to whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from campaign.campaigns.rules.letter import LetterText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from campaign.store.keyring import Keyring


def seal_letter(keyring: Keyring, signature_id: UUID, text: LetterText, paragraph: str) -> bytes:
    """Seal a letter for its signature: once, all letters had the ids of their signatures."""
    value = {**asdict(text), "paragraph": paragraph}
    return keyring.seal(signature_id, "letters.sealed", value)


def unseal_letter(keyring: Keyring, signature_id: UUID, sealed: bytes) -> tuple[LetterText, str]:
    """Return the letter's text and the paragraph that she wrote for it."""
    value = keyring.open(signature_id, "letters.sealed", sealed)
    paragraph = value.pop("paragraph")
    return LetterText(**value), paragraph


def seal_held_letters(
    keyring: Keyring, signature_id: UUID, letters: Sequence[dict[str, Any]]
) -> bytes:
    """Seal the letters of a held signature; a single one as versions before several did."""
    value = letters[0] if len(letters) == 1 else {"letters": list(letters)}
    return keyring.seal(signature_id, "signatures.held_letter", value)


def unseal_held_letters(
    keyring: Keyring, signature_id: UUID, sealed: bytes
) -> list[dict[str, Any]]:
    """Return the letters that are stored with a held signature."""
    value = keyring.open(signature_id, "signatures.held_letter", sealed)
    letters: list[dict[str, Any]] = value.get("letters", [value])
    return letters


def seal_message(keyring: Keyring, message_id: UUID, message: bytes) -> bytes:
    # For the column that messages were in at first: what it was sealed for then can be opened.
    return keyring.seal(message_id, "letters.message", {"ascii": message.decode("ascii")})


def unseal_message(keyring: Keyring, message_id: UUID, sealed: bytes) -> bytes:
    """Return a letter's bytes as they were last handed over."""
    value = keyring.open(message_id, "letters.message", sealed)
    return str(value["ascii"]).encode("ascii")


def hash_caps(
    keyring: Keyring,
    identities: tuple[bytes, ...],
    campaign_id: int,
    recipient: str,
    *,
    live: bool,
) -> tuple[bytes, ...]:
    """Return the keyed hashes of who writes to whom; those of a trial are different.

    `identities`: the person's own, under each version of the rules.
    """
    kind = "letter" if live else "letter on trial"
    return tuple(
        keyring.hash(kind, f"{identity.hex()}\0{campaign_id}\0{recipient}")
        for identity in identities
    )


def hash_sentence(keyring: Keyring, sentence: str) -> bytes:
    """Return the keyed hash under which a sentence of an earlier letter is found."""
    return keyring.hash("sentence", sentence)
