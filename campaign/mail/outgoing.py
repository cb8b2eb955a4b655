"""Build the bytes of an e-mail, and check that it says exactly what was intended.

Python before 3.11.10, 3.12.5 and 3.13 decodes an encoded word such as
`=?utf-8?q?A=0D=0A?=` in a header value and writes raw line breaks (CVE-2024-6923).
So encoded words are refused, control and format characters are dropped, and the built
message is parsed again: header names, header values and the text must be exactly what
was put in. The text is `Format=Flowed`, and is compared as its reader sees it: unflowed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import format_datetime, formataddr, parseaddr
from typing import TYPE_CHECKING

from campaign.errors import UnsafeMessage
from campaign.mail.flowed import flow, strip_trailing_spaces, unflow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_LINE_ENDS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")
# Any address that needs no quotes; addresses were validated on input.
_ADDRESS = re.compile(r"[!#-'*+/-9=?^-~A-Z.-]+@[A-Za-z0-9.-]+")
# RFC 5322, section 2.1.1, allows 998; some servers count the line end, too.
_MAX_LINE = 990
# Longer lines are folded (RFC 5322, section 2.1.1, with room to spare).
_SHORT_LINE = 76
# Suppress receipts, out-of-office replies and other automatic replies (MS-OXCMAIL,
# section 2.1.3.2.20). Not `All` and not `NDR`: bounces are wanted.
_UNWANTED_ANSWERS = "DR, RN, NRN, OOF, AutoReply"
_MADE_BY_LIBRARY = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}


_WIRE = policy.compat32.clone(linesep="\r\n", max_line_length=None)
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP


@dataclass(frozen=True)
class Mailbox:
    """A name and an e-mail address, whose domain is in ASCII."""

    name: str
    address: str


@dataclass(frozen=True)
class Attachment:
    """An attached file. Its name is chosen by this site, and in ASCII."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class OutgoingMessage:
    """A plain-text message to be built.

    `automatic` marks mail that no person wrote (RFC 3834). `text`: trailing spaces are stripped
    from its lines, because they would make the lines flow. `unsubscribe_url`: where one POST
    unsubscribes from mail of this kind (RFC 8058); empty for none.
    """

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    language: str
    message_id: str
    date: datetime
    reply_to: Mailbox | None = None
    automatic: bool = False
    unsubscribe_url: str = ""
    attachments: tuple[Attachment, ...] = ()


def build_message(draft: OutgoingMessage) -> bytes:
    """Return the message in wire form, or raise UnsafeMessage."""
    headers = _headers(draft)
    text = strip_trailing_spaces(draft.text)
    try:
        lines = [f"{name}: {_on_the_wire(name, value)}\r\n" for name, value in headers.items()]
        wire = "".join(lines).encode("ascii") + _content(flow(text), draft.attachments)
        _compare(wire, headers, text, draft.attachments)
    except (ValueError, MessageError) as error:
        raise UnsafeMessage(f"the message cannot be built: {error}") from error
    return wire


def format_readable(wire: bytes) -> str:
    """Return a message's headers and text as a person reads them, without attachments."""
    raw = message_from_bytes(wire, policy=policy.compat32)
    headers = "".join(f"{name}: {decode_header_value(str(value))}\n" for name, value in raw.items())
    return f"{headers}\n{plain_text(wire) or ''}"


def plain_text(wire: bytes) -> str | None:
    """Return a message's plain text, unflowed and with LF line ends; None if it has none."""
    read = message_from_bytes(wire, policy=policy.default)
    assert isinstance(read, EmailMessage)
    body = read.get_body(("plain",))
    if body is None:
        return None
    text = str(body.get_content()).replace("\r\n", "\n")
    return unflow(text) if body.get_param("format") == "flowed" else text


def clean_header_value(value: str) -> str:
    """Return a value that is safe in a header; raise UnsafeMessage if it has an encoded word."""
    kept = value if value.isprintable() else _without_controls(value)
    if "=?" in kept:
        raise UnsafeMessage("a header value looks like an encoded word")
    return kept.strip()


def _without_controls(value: str) -> str:
    lined = "".join(" " if character in _LINE_ENDS else character for character in value)
    return "".join(
        character
        for character in lined
        if character in _JOINERS or unicodedata.category(character)[0] != "C"
    )


def _headers(draft: OutgoingMessage) -> dict[str, str | Mailbox]:
    headers: dict[str, str | Mailbox] = {
        "From": _mailbox(draft.sender),
        "To": _mailbox(draft.recipient),
        "Subject": clean_header_value(draft.subject),
        "Date": format_datetime(draft.date),
        "Message-ID": clean_header_value(draft.message_id),
        "Content-Language": clean_header_value(draft.language),
        "X-Auto-Response-Suppress": _UNWANTED_ANSWERS,
    }
    if draft.reply_to is not None:
        headers["Reply-To"] = _mailbox(draft.reply_to)
    if draft.automatic:
        headers["Auto-Submitted"] = "auto-generated"
    if draft.unsubscribe_url:
        headers["List-Unsubscribe"] = clean_header_value(f"<{draft.unsubscribe_url}>")
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _mailbox(mailbox: Mailbox) -> Mailbox:
    """Return a mailbox that is safe in a header.

    Raise UnsafeMessage if the address is not: it is never changed.
    """
    if not _ADDRESS.fullmatch(mailbox.address) or "=?" in mailbox.address:
        raise UnsafeMessage("an address cannot be written as a header")
    return Mailbox(clean_header_value(mailbox.name), mailbox.address)


def _on_the_wire(name: str, value: str | Mailbox) -> str:
    """Return a header's value encoded and folded (RFC 2047, RFC 5322 section 2.2.3).

    It uses `email.header`, because the newer `email.policy` loses or doubles spaces where it
    folds between encoded words.
    """
    if isinstance(value, str):
        return _plain(name, value) or _in_words(name, value)
    plain = formataddr((value.name, value.address)) if value.name.isascii() else value.name
    return _plain(name, plain) or f"{_in_words(name, value.name)}\r\n <{value.address}>"


def _plain(name: str, text: str) -> str:
    """Return ASCII text folded at spaces; empty if not ASCII, or if the first word is too long."""
    length = len(name) + len(": ") + len(text)
    # An address or URL cannot be folded: better a long line than an empty one before it.
    if text.isascii() and length <= (_SHORT_LINE if " " in text else _MAX_LINE):
        return text
    if not text.isascii():
        return ""
    folded = Header(text, "us-ascii", header_name=name).encode(linesep="\r\n")
    return "" if folded.startswith("\r") else folded


def _in_words(name: str, text: str) -> str:
    """Return a text in encoded words (RFC 2047), which can be folded anywhere."""
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _content(text: str, attachments: Sequence[Attachment]) -> bytes:
    """Return content headers, a blank line, the text in lines of legal length, and the files."""
    plain = text.isascii() and all(len(line) <= _MAX_LINE for line in text.split("\n"))
    way = "7bit" if plain else "quoted-printable"
    if not attachments:
        # The older class does the same in less than half the time.
        body = Message(policy=_WIRE)
        body["MIME-Version"] = "1.0"
        charset = "us-ascii" if plain else "utf-8"
        body["Content-Type"] = f'text/plain; charset="{charset}"; format=flowed'
        body["Content-Transfer-Encoding"] = way
        ended = text if text.endswith("\n") else f"{text}\n"
        body.set_payload(ended if plain else _QUOTED.body_encode(ended))
        return body.as_bytes()
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(text, cte=way, params={"format": "flowed"})
    for file in attachments:
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message.as_bytes()


def _compare(
    wire: bytes, headers: dict[str, str | Mailbox], text: str, attachments: tuple[Attachment, ...]
) -> None:
    """Raise UnsafeMessage unless the message contains exactly what was put in."""
    read = message_from_bytes(wire, policy=policy.compat32)
    made = _MADE_BY_LIBRARY - ({"Content-Transfer-Encoding"} if attachments else set())
    if sorted(read.keys()) != sorted([*headers, *made]):
        raise UnsafeMessage(f"the built message has the headers {sorted(read.keys())}")
    for name, value in headers.items():
        if not _says(str(read[name]), value):
            raise UnsafeMessage(f"the built message says something else under {name}")
    body, *files = _parts(read)
    content = unflow(_bytes_of(body).decode().replace("\r\n", "\n"))
    if body.get_param("format") != "flowed" or content.rstrip("\n") != text.rstrip("\n"):
        raise UnsafeMessage("the built message has another text")
    if tuple(map(_as_attachment, files)) != attachments:
        raise UnsafeMessage("the built message has other files")


def _parts(read: Message) -> list[Message]:
    if not read.is_multipart():
        return [read]
    return [part for part in read.walk() if not part.is_multipart()]


def _as_attachment(part: Message) -> Attachment:
    return Attachment(part.get_filename() or "", part.get_content_type(), _bytes_of(part))


def _bytes_of(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def _says(raw: str, value: str | Mailbox) -> bool:
    """Return whether a raw header decodes to a value; runs of spaces count as one."""
    if isinstance(value, Mailbox):
        name, address = parseaddr(raw.replace("\r", "").replace("\n", ""))
        return decode_header_value(name) == _single_spaced(value.name) and address == value.address
    return decode_header_value(raw) == _single_spaced(value)


def decode_header_value(raw: str) -> str:
    """Return a raw header value as a person reads it."""
    unfolded = raw.replace("\r", "").replace("\n", "")
    decoded = str(make_header(decode_header(unfolded))) if "=?" in unfolded else unfolded
    return _single_spaced(decoded)


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
