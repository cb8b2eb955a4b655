"""Read an incoming message: a delivery report, an automatic reply, or a person's answer.

It may be anything, including garbage or an attack, so the older parser reads it, and missing
parts are empty. What would take the library too deep or too long is not read. The caller of
`parse_message` still stores messages that could not be read.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.mail.delivery_reports import parse_dsn, parse_plain_bounce
from campaign.mail.flowed import unflow
from campaign.mail.html_to_text import html_to_text
from campaign.mail.mime import MAX_PARTIAL_BYTES, decode, decode_encoded_words, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.mail.delivery_reports import DeliveryReport

MAX_TEXT_LENGTH = 20_000
"""Characters; the text of a longer answer is truncated."""

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_RETURNED_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_KEYWORD = re.compile(r"\s*([\w-]+)")
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond")
_NOBODY = re.compile(r"<?\s*(?:mailer-daemon(?:@[^\s<>]*)?)?\s*>?", re.IGNORECASE)
_SEALED_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
_SEALED_FILES = (".p7m", ".p7z")
_MOST_REFERENCES = 20
_MOST_SIGNATURES = 10
_MOST_FILES = 20
_LONGEST = {"sender": 254, "subject": 500, "file": 200}
_DEEPEST = 10
_DELIVERED_TO = ("X-Original-To", "Delivered-To", "Envelope-To", "To")
_MOST_ADDRESS_HEADERS = 10


@dataclass(frozen=True)
class IncomingMessage:
    """A message, as far as it could be read.

    `recipients`: addresses it may have been delivered to. `references`: ids of the messages that
    it answers, nearest first. `report`: its delivery report. `bounce`: a server's plain-text
    bounce, to be trusted only at one of our return paths. `is_automatic`: no person wrote it
    (RFC 3834). `is_list_mail`: it went to many. `is_encrypted`: its whole content is in a file
    that only a mail program with the keys can open. `files`: names of its attachments.
    `truncated`: there was more than was read. `message_id`: its own. `returned_id`: of the message
    that a report sends back. `dkim_signatures`: its DKIM-Signature headers, unverified.
    """

    recipients: tuple[str, ...]
    references: tuple[str, ...]
    report: DeliveryReport | None
    bounce: DeliveryReport | None
    is_automatic: bool
    is_list_mail: bool
    is_encrypted: bool
    sender: str
    subject: str
    text: str
    files: tuple[str, ...]
    truncated: bool
    message_id: str
    returned_id: str
    dkim_signatures: tuple[str, ...]


def parse_message(wire: bytes, to: str = "") -> IncomingMessage:
    """Return the content of a message; `to` is the envelope's recipient, if known."""
    parsed = parse(wire)
    message = parsed.message
    parts = list(_parts(message))
    sender = next(_addresses(message, ("From",)), "")
    subject = _writable(_header(message, "Subject"))[: _LONGEST["subject"]]
    names = (name for part in parts if (name := _file_name(part)))
    text, goes_on = _text(parts)
    nobody = _came_from_nobody(message)
    return IncomingMessage(
        recipients=(to,) if to else tuple(_addresses(message, _DELIVERED_TO)),
        references=_references(message),
        report=parse_dsn(message),
        bounce=parse_plain_bounce(message, subject, text) if nobody else None,
        is_automatic=nobody or _is_automatic(message, parts),
        is_list_mail=_is_to_a_list(message),
        is_encrypted=not text.strip() and any(_is_sealed(part) for part in parts),
        sender=_writable(sender)[: _LONGEST["sender"]],
        subject=subject,
        text=text,
        files=tuple(_writable(name)[: _LONGEST["file"]] for name in islice(names, _MOST_FILES)),
        truncated=parsed.truncated or goes_on,
        message_id=_header(message, "Message-ID"),
        returned_id=_returned_id(parts),
        dkim_signatures=_signatures(message),
    )


def _signatures(message: Message) -> tuple[str, ...]:
    found = message.get_all("DKIM-Signature", [])
    return tuple(str(value) for value in found[:_MOST_SIGNATURES])


def own_message_ids(domain: str, references: Iterable[str]) -> list[UUID]:
    """Return the ids of this site's messages, from its domain, among any Message-IDs."""
    ours = re.compile(rf"<([0-9a-f-]{{36}})@{re.escape(domain)}>", re.IGNORECASE)
    found = []
    for match in filter(None, map(ours.fullmatch, references)):
        with suppress(ValueError):
            found.append(UUID(match[1]))
    return found


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts of a message; an attached message is a single part, and a file."""
    attached = depth > 0 and message.get_content_maintype() == "message"
    # As text, the bytes would be decoded with a charset that may not exist.
    inner = message.get_payload() if message.is_multipart() else ""
    if attached or not isinstance(inner, list) or depth == _DEEPEST:
        yield message
        return
    for part in inner:
        assert not isinstance(part, str)
        yield from _parts(part, depth + 1)


def _writable(text: str) -> str:
    """Return a text without lone surrogates and NUL, which cannot be shown or stored."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _header(message: Message, name: str) -> str:
    """Return a header as a person reads it; one that cannot be decoded is returned raw."""
    raw = str(message.get(name, "")).replace("\r", "").replace("\n", "")
    with suppress(ValueError, MessageError):
        raw = decode_encoded_words(raw)
    return " ".join(raw.split())


def _addresses(message: Message, names: tuple[str, ...]) -> Iterator[str]:
    values = (str(value) for name in names for value in message.get_all(name, []))
    for value in islice(values, _MOST_ADDRESS_HEADERS):
        with suppress(IndexError, RecursionError):
            yield from [address for _, address in getaddresses([value]) if "@" in address]


def _references(message: Message) -> tuple[str, ...]:
    """Return the ids of the messages above it in its thread, nearest first.

    Of too many, these are the nearest ones and the root.
    """
    answered = _MESSAGE_ID.findall(str(message.get("In-Reply-To", "")))
    thread = _MESSAGE_ID.findall(str(message.get("References", "")))
    distinct = list(dict.fromkeys([*answered, *reversed(thread)]))
    # The root of a long thread may be the letter that we sent (RFC 5322, section 3.6.4).
    del distinct[_MOST_REFERENCES - 1 : -1]
    return tuple(distinct)


def _returned_id(parts: list[Message]) -> str:
    """Return the Message-ID of what a report sends back, whole or its headers (RFC 6522)."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            whole = inner[0] if isinstance(inner, list) and inner else None
            said = whole.get("Message-ID", "") if isinstance(whole, Message) else ""
            found = _MESSAGE_ID.search(str(said))
        elif kind == "text/rfc822-headers":
            found = _RETURNED_ID.search(str(part.get_payload()))
        else:
            continue
        if found:
            return found[found.lastindex or 0]
    return ""


def _came_from_nobody(message: Message) -> bool:
    """Return whether the envelope had an empty sender (RFC 5321, section 4.5.5).

    Postfix's pipe(8) writes MAILER-DAEMON for it, unless configured otherwise.
    """
    path = str(message.get("Return-Path", "?")).strip()
    return _NOBODY.fullmatch(path) is not None


def _is_automatic(message: Message, parts: list[Message]) -> bool:
    """Return whether a program sent it, by the standard header (RFC 3834) or common other ones.

    Reports of any kind come from programs (RFC 6522), read receipts (RFC 8098) included.
    `Precedence: bulk` and `X-Auto-Response-Suppress` do not count, because they only ask programs
    not to answer (RFC 3834, section 3.1.8): ticket systems add them to what a person wrote.
    """
    said = _KEYWORD.match(str(message.get("Auto-Submitted", "no")).lower())
    kinds = {message.get_content_type(), *(part.get_content_type() for part in parts)}
    if kinds & {"multipart/report", "message/disposition-notification"}:
        return True
    by_program = said is None or said[1] != "no" or _precedence(message) == "auto_reply"
    return by_program or any(name in message for name in _AUTOMATIC_HEADERS)


def _is_to_a_list(message: Message) -> bool:
    return _precedence(message) in {"junk", "list"} or "List-Id" in message


def _precedence(message: Message) -> str:
    return str(message.get("Precedence", "")).strip().lower()


def _is_sealed(part: Message) -> bool:
    """Return whether a part is PGP/MIME, or S/MIME that hides its text (RFC 8551, section 3.9)."""
    kind = part.get_content_type()
    if kind == "application/octet-stream":
        return _file_name(part).lower().endswith(_SEALED_FILES)
    return kind in _SEALED_TYPES


def _text(parts: list[Message]) -> tuple[str, bool]:
    """Return the first text that is not an attachment, and whether it was truncated."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and not _file_name(part):
                return _shown(part)
    return "", False


def _shown(part: Message) -> tuple[str, bool]:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    text = decode(raw[:MAX_PARTIAL_BYTES], _parameter(part, "charset"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.get_content_type() == "text/html":
        text = html_to_text(text.strip("\n"))
    elif _parameter(part, "format").lower() == "flowed":
        text = unflow(text, delete_space=_parameter(part, "delsp").lower() == "yes")
    text = text.strip("\n")
    return _writable(text)[:MAX_TEXT_LENGTH], len(raw) > MAX_PARTIAL_BYTES or len(
        text
    ) > MAX_TEXT_LENGTH


def _file_name(part: Message) -> str:
    if part.get_content_maintype() == "message":
        return "message.eml"
    try:
        name = _parameter(part, "filename", "Content-Disposition") or _parameter(part, "name")
    except (LookupError, TypeError, ValueError):
        return "?"
    return " ".join(name.split())


def _parameter(part: Message, name: str, header: str = "Content-Type") -> str:
    """Return a parameter of a header; raise the library's errors if it cannot be read."""
    found = part.get_param(name, "", header)
    if isinstance(found, tuple):
        charset, _, text = found
        # This is how the library turned its bytes into characters.
        return decode(text.encode("raw_unicode_escape"), charset or "")
    return str(found)
