"""Encryption of personal values, so that a copy of the database identifies nobody.

A sealed value is canonical JSON or raw bytes, encrypted with AES-256-GCM (NIST SP 800-38D) and
bound to its row and column, so that it cannot be moved to another row. Layout: one format byte,
the four-byte key id, a 96-bit random nonce, the ciphertext with its tag.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from campaign.errors import KeyMissing, SealError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

KEY_BYTES = 32

_JSON, _BYTES = b"\x01", b"\x02"
_NAME_BYTES = 4
_NONCE_BYTES = 12
_HEAD = len(_JSON) + _NAME_BYTES

KEY_ID = slice(len(_JSON), _HEAD)
"""The position of the key id in a sealed value."""


class Keyring:
    """The sealing keys, newest first, and the key for keyed hashes.

    The newest sealing key seals; each of them opens what it sealed.
    """

    def __init__(self, keys: Sequence[bytes], identity_key: bytes) -> None:
        self._identity_key = identity_key
        self._ciphers = {_key_name(key): AESGCM(key) for key in keys}
        self._newest = _key_name(keys[0])

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """The ids of all keys that can open values, newest first."""
        return tuple(self._ciphers)

    @property
    def newest(self) -> bytes:
        """The id of the key that seals."""
        return self._newest

    def seal(self, row_id: UUID, column: str, value: dict[str, Any]) -> bytes:
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._seal(_JSON, row_id, column, plain)

    def seal_bytes(self, row_id: UUID, column: str, value: bytes) -> bytes:
        return self._seal(_BYTES, row_id, column, value)

    def open(self, row_id: UUID, column: str, sealed: bytes) -> dict[str, Any]:
        """Return the value of sealed JSON; raise SealError if it is not intact."""
        plain = self._open(_JSON, row_id, column, sealed)
        # Decoded here: otherwise `json` first guesses the encoding, which takes a sixth of it all.
        value: dict[str, Any] = json.loads(plain.decode())
        return value

    def open_bytes(self, row_id: UUID, column: str, sealed: bytes) -> bytes:
        """Return the bytes that were sealed; raise SealError if they are not intact."""
        return self._open(_BYTES, row_id, column, sealed)

    def reseal(self, row_id: UUID, column: str, sealed: bytes) -> bytes:
        """Return the same value sealed with the newest key; raise SealError if it does not open."""
        kind = _BYTES if holds_bytes(sealed) else _JSON
        return self._seal(kind, row_id, column, self._open(kind, row_id, column, sealed))

    def hash(self, kind: str, value: str) -> bytes:
        """Return the keyed hash of a value (HMAC-SHA-256); each `kind` has hashes of its own."""
        message = f"{kind}\0{value}".encode()
        return hmac.new(self._identity_key, message, hashlib.sha256).digest()

    def _seal(self, kind: bytes, row_id: UUID, column: str, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        ciphertext = cipher.encrypt(nonce, plain, _bound(kind, row_id, column))
        return kind + self._newest + nonce + ciphertext

    def _open(self, kind: bytes, row_id: UUID, column: str, sealed: bytes) -> bytes:
        cipher = self._ciphers.get(sealed[KEY_ID])
        if sealed[: len(kind)] != kind or len(sealed) < _HEAD + _NONCE_BYTES:
            raise SealError("a sealed value was cut short or changed")
        if cipher is None:
            raise KeyMissing(
                "a sealed value was made with a key that CAMPAIGN_SEALING_KEYS does not have"
            )
        nonce, ciphertext = sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, ciphertext, _bound(kind, row_id, column))
        except (InvalidTag, ValueError):
            raise SealError("a sealed value was changed or stands in the wrong row") from None


def holds_bytes(sealed: bytes) -> bool:
    """Return whether a sealed value holds raw bytes rather than JSON."""
    return sealed[: len(_BYTES)] == _BYTES


def _key_name(key: bytes) -> bytes:
    return hashlib.sha256(b"sealing key name" + key).digest()[:_NAME_BYTES]


def _bound(kind: bytes, row_id: UUID, column: str) -> bytes:
    # JSON stays bound to row and column only, as it was when there was no other format.
    return row_id.bytes + column.encode() + (b"" if kind == _JSON else kind)
