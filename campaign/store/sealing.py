"""Personal values, encrypted so that a copied database names nobody.

A sealed value is AES-256-GCM (NIST SP 800-38D) over canonical JSON, bound to its
row and column, so that it cannot be moved to another row. Layout: one byte of
format, the key's four-byte name, a 96-bit random nonce, the ciphertext with its tag.
"""

from __future__ import annotations

import hashlib
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

_FORMAT = b"\x01"
_NAME_BYTES = 4
_NONCE_BYTES = 12
_HEAD = len(_FORMAT) + _NAME_BYTES

NAME_OF_KEY = slice(len(_FORMAT), _HEAD)
"""Where a sealed value names its key."""


class Keyring:
    """Sealing keys, the newest first: it seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_key_name(key): AESGCM(key) for key in keys}
        self._newest = _key_name(keys[0])

    @property
    def newest(self) -> bytes:
        """The name of the key that seals."""
        return self._newest

    def seal(self, row_id: UUID, column: str, value: dict[str, Any]) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        cipher = self._ciphers[self._newest]
        return _FORMAT + self._newest + nonce + cipher.encrypt(nonce, plain, _bound(row_id, column))

    def open(self, row_id: UUID, column: str, sealed: bytes) -> dict[str, Any]:
        """Return the value, or raise SealError: never garbage."""
        cipher = self._ciphers.get(sealed[NAME_OF_KEY])
        if sealed[: len(_FORMAT)] != _FORMAT or len(sealed) < _HEAD + _NONCE_BYTES:
            raise SealError("a sealed value was cut short or changed")
        if cipher is None:
            raise KeyMissing(
                "a sealed value was made with a key that CAMPAIGN_SEALING_KEYS does not have"
            )
        nonce, ciphertext = sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
        try:
            plain = cipher.decrypt(nonce, ciphertext, _bound(row_id, column))
        except (InvalidTag, ValueError):
            raise SealError("a sealed value was changed or stands in the wrong row") from None
        value: dict[str, Any] = json.loads(plain)
        return value


def _key_name(key: bytes) -> bytes:
    return hashlib.sha256(b"sealing key name" + key).digest()[:_NAME_BYTES]


def _bound(row_id: UUID, column: str) -> bytes:
    return row_id.bytes + column.encode()
