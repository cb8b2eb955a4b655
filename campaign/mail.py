"""From values to the bytes of an e-mail, guarded: what was not meant is never sent.

Python before 3.11.10, 3.12.5 and 3.13 decodes an encoded word such as
`=?utf-8?q?A=0D=0A?=` in a header value and writes raw line breaks (CVE-2024-6923).
So encoded words are refused, control and format characters dropped, and the built
message is parsed again: header names and values and the text must be exactly what
was put in.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from campaign.errors import UnsafeMessage

if TYPE_CHECKING:
    from datetime import datetime

_MADE_BY_LIBRARY = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}


@dataclass(frozen=True)
class Mailbox:
    """A name and an address; the address's domain is in ASCII."""

    name: str
    address: str


@dataclass(frozen=True)
class Draft:
    """What a plain-text message says. `automatic` marks mail that no person wrote (RFC 3834)."""

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    language: str
    message_id: str
    date: datetime
    reply_to: Mailbox | None = None
    automatic: bool = False


def build(draft: Draft) -> bytes:
    """Return the message in wire form, or raise UnsafeMessage."""
    headers = _headers(draft)
    message = EmailMessage(policy=policy.SMTP)
    try:
        is_ascii = draft.text.isascii()
        # First the content: setting it takes away every Content- header.
        message.set_content(draft.text, cte="7bit" if is_ascii else "quoted-printable")
        for name, value in headers.items():
            message[name] = value
        wire = message.as_bytes()
    except (ValueError, MessageError, UnicodeError) as error:
        raise UnsafeMessage(f"the message cannot be built: {error}") from error
    _compare(wire, headers, draft.text)
    return wire


def header_text(value: str) -> str:
    """Return a value that may stand in a header; raise UnsafeMessage for an encoded word."""
    if "=?" in value:
        raise UnsafeMessage("a header value looks like an encoded word")
    spaced = "".join(" " if character.isspace() else character for character in value)
    kept = (character for character in spaced if unicodedata.category(character)[0] != "C")
    return " ".join("".join(kept).split())


def _headers(draft: Draft) -> dict[str, str | Address]:
    headers: dict[str, str | Address] = {
        "From": _address(draft.sender),
        "To": _address(draft.recipient),
        "Subject": header_text(draft.subject),
        "Date": format_datetime(draft.date),
        "Message-ID": header_text(draft.message_id),
        "Content-Language": header_text(draft.language),
    }
    if draft.reply_to is not None:
        headers["Reply-To"] = _address(draft.reply_to)
    if draft.automatic:
        headers["Auto-Submitted"] = "auto-generated"
    return headers


def _address(mailbox: Mailbox) -> Address:
    try:
        return Address(
            display_name=header_text(mailbox.name), addr_spec=header_text(mailbox.address)
        )
    except (ValueError, IndexError, MessageError) as error:
        raise UnsafeMessage("an address cannot be written as a header") from error


def _compare(wire: bytes, headers: dict[str, str | Address], text: str) -> None:
    read = message_from_bytes(wire, policy=policy.default)
    assert isinstance(read, EmailMessage)
    if sorted(read.keys()) != sorted([*headers, *_MADE_BY_LIBRARY]):
        raise UnsafeMessage(f"the built message has the headers {sorted(read.keys())}")
    raw = message_from_bytes(wire, policy=policy.compat32)
    for name, value in headers.items():
        if not _says(str(raw[name]), value):
            raise UnsafeMessage(f"the built message says something else under {name}")
    content = read.get_content()
    if content.replace("\r\n", "\n").rstrip("\n") != text.rstrip("\n"):
        raise UnsafeMessage("the built message has another text")


def _says(raw: str, value: str | Address) -> bool:
    """Say whether a header on the wire means a value; runs of spaces count as one.

    Decoded by `email.header`, because the newer parser keeps the space between two
    encoded words of a display name, which RFC 2047, section 6.2, says to drop. Spaces,
    because folding doubles the one before an encoded word.
    """
    if isinstance(value, Address):
        name, address = parseaddr(raw.replace("\r", "").replace("\n", ""))
        return (decoded(name), address) == (value.display_name, value.addr_spec)
    return decoded(raw) == value


def decoded(raw: str) -> str:
    """Return what a header on the wire says to a person."""
    unfolded = raw.replace("\r", "").replace("\n", "")
    return " ".join(str(make_header(decode_header(unfolded))).split())
