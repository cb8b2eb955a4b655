"""Signed links, form tokens and codes, each valid for one purpose in one campaign.

A token carries an id and an expiry time, and nothing about a person. The exception is the link
that stops mail: it carries the keyed hash of the e-mail address, because it has to work after
everything else has been erased. Tokens are signed (HMAC-SHA-256) with the newest key and
accepted with any key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from campaign.errors import TokenError, TokenExpired

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE_DIGITS = 6
RETURN_PATH_PREFIX = "bounce"
"""How every return path starts, so that a mail server can route them by it."""

_RETURN_PATH = re.compile(rf"{RETURN_PATH_PREFIX}-(?P<id>[a-z2-7]{{26}})-(?P<mac>[a-z2-7]{{16}})")
_ID = struct.Struct(">16sQ")
_ADDRESS_HASH = struct.Struct(">32sQ")
_DEVICE = struct.Struct(">16s16s16sQ")
_EXPIRY = struct.Struct(">Q")


class Purpose(StrEnum):
    """The purposes of tokens: a token for one of them is not valid for another."""

    FORM = "stamp"
    SHARED_FORM = "shared-stamp"
    ENTER_CODE = "check"
    CONFIRM = "confirm"
    PRIVATE = "private"
    STOP = "stop"
    UNSUBSCRIBE = "unsubscribe"
    RECIPIENT_PREFERENCES = "clerk"
    DIGEST = "digest"
    OBJECTION = "objection"
    PREFERENCE = "preference"
    CONSOLE_FORM = "console-form"
    DEVICE = "device"
    DIRECT = "direct"
    TEST_MAIL = "test-mail"


@dataclass(frozen=True)
class DeviceCookie:
    """The cookie of a browser that an organiser has signed in with; it contains no name.

    `credentials`: a fingerprint of the password and second factor at that time. Once either has
    changed, the browser counts as unknown.
    """

    id: UUID
    organiser_id: UUID
    credentials: bytes


class ExpiredIdToken(TokenExpired):
    """A genuine token of this site that has expired; `id` is what it was issued for."""

    def __init__(self, identifier: UUID) -> None:
        super().__init__("expired")
        self.id = identifier


class Tokens:
    """Issues and reads tokens, with a list of keys, newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def make(self, purpose: Purpose, campaign: str, identifier: UUID, expires: datetime) -> str:
        return self._sign(purpose, campaign, _ID.pack(identifier.bytes, _seconds(expires)))

    def read(self, purpose: Purpose, campaign: str, token: str, now: datetime) -> UUID:
        """Return the id in a token.

        Raise TokenError if the token is not valid here, ExpiredIdToken if it has expired.
        """
        (raw,), expires = self._unsign(purpose, campaign, token, _ID)
        identifier = UUID(bytes=raw)
        if expires < now:
            raise ExpiredIdToken(identifier)
        return identifier

    def make_shared(self, purpose: Purpose, campaign: str, expires: datetime) -> str:
        """Return a token that carries no id, for a page that is the same for everybody."""
        return self._sign(purpose, campaign, _EXPIRY.pack(_seconds(expires)))

    def read_shared(self, purpose: Purpose, campaign: str, token: str) -> datetime:
        """Return when a token without an id expires, to the second, which may have passed.

        Raise TokenError if the token is not valid here.
        """
        _, expires = self._unsign(purpose, campaign, token, _EXPIRY)
        return expires

    def make_stop(self, campaign: str, address_hash: bytes, expires: datetime) -> str:
        """Return a token that stops mail to the e-mail address with this keyed hash."""
        payload = _ADDRESS_HASH.pack(address_hash, _seconds(expires))
        return self._sign(Purpose.STOP, campaign, payload)

    def read_stop(self, campaign: str, token: str, now: datetime) -> bytes:
        """Return the keyed hash in a token that stops mail.

        Raise TokenError if the token is not valid here, TokenExpired if it has expired.
        """
        (address_hash,), expires = self._unsign(Purpose.STOP, campaign, token, _ADDRESS_HASH)
        if expires < now:
            raise TokenExpired("expired")
        return address_hash

    def make_device_cookie(self, device: DeviceCookie, expires: datetime) -> str:
        """Return the cookie value for a browser that an organiser has signed in with."""
        payload = _DEVICE.pack(
            device.id.bytes, device.organiser_id.bytes, device.credentials, _seconds(expires)
        )
        return self._sign(Purpose.DEVICE, "", payload)

    def read_device_cookie(self, token: str, now: datetime) -> DeviceCookie:
        """Return the content of a device cookie.

        Raise TokenError if the cookie is not valid here, TokenExpired if it has expired.
        """
        (raw, owner, credentials), expires = self._unsign(Purpose.DEVICE, "", token, _DEVICE)
        if expires < now:
            raise TokenExpired("expired")
        return DeviceCookie(UUID(bytes=raw), UUID(bytes=owner), credentials)

    def return_path(self, message_id: UUID) -> str:
        """Return the local part that delivery reports of a message go to (a VERP with a MAC).

        It has only lower-case letters and digits, because some servers change the case.
        """
        mac = _return_mac(self._keys[0], message_id)
        return f"{RETURN_PATH_PREFIX}-{_base32(message_id.bytes)}-{mac}"

    def read_return_path(self, local: str) -> UUID:
        """Return the id of the message that a return path belongs to.

        Raise TokenError if this site did not generate the return path.
        """
        matched = _RETURN_PATH.fullmatch(local.lower())
        if matched is None:
            raise TokenError("not a return path of this site")
        padded = matched["id"].upper() + "=" * (-len(matched["id"]) % 8)
        try:
            message_id = UUID(bytes=base64.b32decode(padded))
        except ValueError:  # binascii.Error is one
            raise TokenError("not a return path of this site") from None
        macs = (_return_mac(key, message_id) for key in self._keys)
        if not any(hmac.compare_digest(mac, matched["mac"]) for mac in macs):
            raise TokenError("not a return path of this site")
        return message_id

    def confirmation_code(self, mail_id: UUID) -> str:
        """Return the six-digit code for a mail."""
        return _code(self._keys[0], mail_id)

    def code_matches(self, mail_id: UUID, typed: str) -> bool:
        digits = "".join(character for character in typed if character in "0123456789")
        codes = (_code(key, mail_id) for key in self._keys)
        return any(hmac.compare_digest(code, digits) for code in codes)

    def _sign(self, purpose: Purpose, campaign: str, payload: bytes) -> str:
        return self._signer(purpose, campaign).sign(base64_encode(payload)).decode()

    def _unsign(
        self, purpose: Purpose, campaign: str, token: str, form: struct.Struct
    ) -> tuple[list[bytes], datetime]:
        """Return a token's fields, and its expiry time, which is packed last."""
        try:
            payload = base64_decode(self._signer(purpose, campaign).unsign(token))
            *fields, seconds = form.unpack(payload)
        except (BadData, struct.error, ValueError):
            raise TokenError("not a token of this site for this purpose") from None
        return fields, datetime.fromtimestamp(seconds, tz=UTC)

    def _signer(self, purpose: Purpose, campaign: str) -> Signer:
        return Signer(
            list(reversed(self._keys)),
            salt=f"{purpose}:{campaign}",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )


def _return_mac(key: bytes, message_id: UUID) -> str:
    mac = hmac.new(key, b"return-path" + message_id.bytes, hashlib.sha256).digest()
    return _base32(mac[:10])


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode().rstrip("=").lower()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _code(key: bytes, mail_id: UUID) -> str:
    """Truncate an HMAC to six digits, as RFC 4226 does with a counter."""
    mac = hmac.new(key, b"code" + mail_id.bytes, hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
