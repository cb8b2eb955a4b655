"""What is kept sealed of a message that came in."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING

from campaign.delivery.rules.answer import Answer
from campaign.mail.dns_policy import Signer
from campaign.store.keyring import holds_bytes

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.keyring import Keyring


def seal_inbound(keyring: Keyring, inbound_id: UUID, message: bytes) -> bytes:
    return keyring.seal_bytes(inbound_id, "inbound.sealed", message)


def open_inbound(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> bytes:
    """Return a message's bytes as they came in."""
    if holds_bytes(sealed):
        return keyring.open_bytes(inbound_id, "inbound.sealed", sealed)
    # As messages were sealed before they were sealed as they are.
    value = keyring.open(inbound_id, "inbound.sealed", sealed)
    return base64.b64decode(value["base64"])


def seal_answer(keyring: Keyring, inbound_id: UUID, answer: Answer) -> bytes:
    return keyring.seal(inbound_id, "inbound.shown", asdict(answer))


def open_answer(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> Answer:
    """Return what is shown of a message that answers a letter."""
    value = keyring.open(inbound_id, "inbound.shown", sealed)
    files = tuple(value.pop("files"))
    return Answer(files=files, **value)


def seal_signer(keyring: Keyring, inbound_id: UUID, signer: Signer | None) -> bytes:
    value = asdict(signer) if signer else {}
    return keyring.seal(inbound_id, "inbound.shown", value)


def open_signer(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> Signer | None:
    """Return who signed a test mail that came back."""
    value = keyring.open(inbound_id, "inbound.shown", sealed)
    return Signer(**value) if value else None
