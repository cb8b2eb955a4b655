"""Read a message that came in: a report, an automatic answer, or a person's words.

It may be anything, also garbage or an attack, so the older parser reads it, and what is
not there is empty. What would take the library too deep or too long is not read. Whoever
calls `read` still keeps what it cannot read.
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

from campaign.charsets import decode, decode_words
from campaign.domain.markup import words_of
from campaign.mime import BEGINNING, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TEXT = 20_000
"""Characters of an answer that are passed on."""

_STATUS = re.compile(r"\b([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_KEYWORD = re.compile(r"\s*([\w-]+)")
_FULL_MAILBOX = "5.2.2"
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond")
_BULK_HEADERS = ("List-Id", "X-Auto-Response-Suppress")
_MOST_REFERENCES = 20
_MOST_FILES = 20
_LONGEST = {"sender": 254, "subject": 500, "file": 200}
_DEEPEST = 10
_DELIVERED_TO = ("X-Original-To", "Delivered-To", "Envelope-To", "To")
_MOST_ADDRESS_HEADERS = 10


@dataclass(frozen=True)
class Report:
    """What a server says about a message it took (RFC 3464): `status` as RFC 3463 has it."""

    action: str
    status: str
    reply: str

    @property
    def failed(self) -> bool:
        return self.action == "failed"

    @property
    def hard(self) -> bool:
        """Say whether trying again is pointless; a full mailbox passes."""
        return self.failed and self.status.startswith("5.") and self.status != _FULL_MAILBOX


@dataclass(frozen=True)
class Incoming:
    """A message as far as it could be read.

    `recipients`: to whom it may have been delivered. `references`: the messages that it
    answers, the nearest first. `automatic`: no person wrote it (RFC 3834); `bulk`: perhaps
    none did. `files`: names of what came with it. `truncated`: there was more than was read.
    """

    recipients: tuple[str, ...]
    references: tuple[str, ...]
    report: Report | None
    automatic: bool
    bulk: bool
    sender: str
    subject: str
    text: str
    files: tuple[str, ...]
    truncated: bool


def read(wire: bytes, to: str = "") -> Incoming:
    """Read a message; `to` is the envelope's recipient, where it is known."""
    parsed = parse(wire)
    message = parsed.message
    parts = list(_parts(message))
    sender = next(_addresses(message, ("From",)), "")
    names = (name for part in parts if (name := _file_name(part)))
    text, goes_on = _text(parts)
    return Incoming(
        recipients=(to,) if to else tuple(_addresses(message, _DELIVERED_TO)),
        references=_references(message),
        report=_report(message),
        automatic=_is_automatic(message),
        bulk=_is_bulk(message),
        sender=_writable(sender)[: _LONGEST["sender"]],
        subject=_writable(_header(message, "Subject"))[: _LONGEST["subject"]],
        text=text,
        files=tuple(_writable(name)[: _LONGEST["file"]] for name in islice(names, _MOST_FILES)),
        truncated=parsed.truncated or goes_on,
    )


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield what a message is made of; one that is attached whole is one part, and a file."""
    attached = depth > 0 and message.get_content_maintype() == "message"
    # Asked for as text, bytes would be decoded by a charset that may be none.
    inner = message.get_payload() if message.is_multipart() else ""
    if attached or not isinstance(inner, list) or depth == _DEEPEST:
        yield message
        return
    for part in inner:
        assert not isinstance(part, str)
        yield from _parts(part, depth + 1)


def _writable(text: str) -> str:
    """Return a text without halves of characters and NUL, which cannot be shown or stored."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _header(message: Message, name: str) -> str:
    """Return a header as a person reads it; one that cannot be decoded as it stands."""
    raw = str(message.get(name, "")).replace("\r", "").replace("\n", "")
    with suppress(ValueError, MessageError):
        raw = decode_words(raw)
    return " ".join(raw.split())


def _addresses(message: Message, names: tuple[str, ...]) -> Iterator[str]:
    values = (str(value) for name in names for value in message.get_all(name, []))
    for value in islice(values, _MOST_ADDRESS_HEADERS):
        with suppress(IndexError, RecursionError):
            yield from [address for _, address in getaddresses([value]) if "@" in address]


def _references(message: Message) -> tuple[str, ...]:
    """Return what it answers, then what that answers; of many the nearest, and the first of all."""
    answered = _MESSAGE_ID.findall(str(message.get("In-Reply-To", "")))
    thread = _MESSAGE_ID.findall(str(message.get("References", "")))
    distinct = list(dict.fromkeys([*answered, *reversed(thread)]))
    # The first of a long exchange may be the letter that we sent (RFC 5322, section 3.6.4).
    del distinct[_MOST_REFERENCES - 1 : -1]
    return tuple(distinct)


def _report(message: Message) -> Report | None:
    """Return the worst that a delivery report says, or None where there is none."""
    # Only a message that is a report: a person who forwards one is a person.
    if message.get_content_type() not in {"multipart/report", "message/delivery-status"}:
        return None
    blocks = [
        block
        for part in (message, *_inside(message))
        if part.get_content_type() == "message/delivery-status"
        for block in _inside(part)
    ]
    reports = [_reported(block) for block in blocks if "Action" in block]
    order = ("failed", "delayed")
    known = [one for one in reports if one.action in order]
    return min(known, key=lambda one: order.index(one.action), default=None) or next(
        iter(reports), None
    )


def _inside(message: Message) -> list[Message]:
    """Return a message's parts. Whoever has none is not asked for text: its charset may be none."""
    parts = message.get_payload() if message.is_multipart() else []
    return [part for part in parts if isinstance(part, Message)]


def _reported(block: Message) -> Report:
    action = str(block.get("Action", "")).strip().lower()
    reply = " ".join(str(block.get("Diagnostic-Code", "")).split())
    found = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(reply)
    return Report(action, found.group() if found else "", reply)


def _is_automatic(message: Message) -> bool:
    """Say whether a program sent it: as programs should say (RFC 3834), or as they often do."""
    said = _KEYWORD.match(str(message.get("Auto-Submitted", "no")).lower())
    nobody = str(message.get("Return-Path", "?")).strip() == "<>"
    by_program = said is None or said[1] != "no"
    return by_program or nobody or any(name in message for name in _AUTOMATIC_HEADERS)


def _is_bulk(message: Message) -> bool:
    precedence = str(message.get("Precedence", "")).strip().lower()
    return precedence in {"bulk", "junk", "list"} or any(name in message for name in _BULK_HEADERS)


def _text(parts: list[Message]) -> tuple[str, bool]:
    """Return the first text that is none of the files, and whether it goes on."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and not _file_name(part):
                return _shown(part)
    return "", False


def _shown(part: Message) -> tuple[str, bool]:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    text = decode(raw[:BEGINNING], _parameter(part, "charset"))
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if part.get_content_type() == "text/html":
        text = words_of(text)
    return _writable(text)[:MOST_TEXT], len(raw) > BEGINNING or len(text) > MOST_TEXT


def _file_name(part: Message) -> str:
    if part.get_content_maintype() == "message":
        return "message.eml"
    try:
        name = _parameter(part, "filename", "Content-Disposition") or _parameter(part, "name")
    except (LookupError, TypeError, ValueError):
        return "?"
    return " ".join(name.split())


def _parameter(part: Message, name: str, header: str = "Content-Type") -> str:
    """Return a parameter of a header; raise as the library does if they cannot be put in order."""
    found = part.get_param(name, "", header)
    if isinstance(found, tuple):
        charset, _, text = found
        # The library has made characters of its bytes so.
        return decode(text.encode("raw_unicode_escape"), charset or "")
    return str(found)
