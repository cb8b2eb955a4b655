"""Sealing of inbound messages."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING

from campaign.delivery.rules.answer import MessageContent
from campaign.mail.dns_policy import DkimSigner
from campaign.store.keyring import holds_bytes

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.store.keyring import Keyring


def seal_inbound(keyring: Keyring, inbound_id: UUID, message: bytes) -> bytes:
    return keyring.seal_bytes(inbound_id, "inbound.sealed", message)


def unseal_inbound(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> bytes:
    """Return a message's bytes as they came in."""
    if holds_bytes(sealed):
        return keyring.open_bytes(inbound_id, "inbound.sealed", sealed)
    # The older form, from before messages were sealed as bytes.
    value = keyring.open(inbound_id, "inbound.sealed", sealed)
    return base64.b64decode(value["base64"])


def seal_answer(keyring: Keyring, inbound_id: UUID, answer: MessageContent) -> bytes:
    return keyring.seal(inbound_id, "inbound.shown", asdict(answer))


def unseal_answer(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> MessageContent:
    """Return the displayed content of a message that answers a letter."""
    value = keyring.open(inbound_id, "inbound.shown", sealed)
    files = tuple(value.pop("files"))
    return MessageContent(files=files, **value)


def seal_dkim_signer(keyring: Keyring, inbound_id: UUID, signer: DkimSigner | None) -> bytes:
    value = asdict(signer) if signer else {}
    return keyring.seal(inbound_id, "inbound.shown", value)


def unseal_dkim_signer(keyring: Keyring, inbound_id: UUID, sealed: bytes) -> DkimSigner | None:
    """Return who signed a test mail that came back."""
    value = keyring.open(inbound_id, "inbound.shown", sealed)
    return DkimSigner(**value) if value else None
