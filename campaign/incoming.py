"""Read a message that came in: a report, an automatic answer, or a person's words.

It may be anything, also garbage or an attack, so the older parser reads it, and what is
not there is empty. What would take the library too deep or too long is not read. Whoever
calls `read` still keeps what it cannot read.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from campaign.domain.markup import words_of
from campaign.mail import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_TEXT = 20_000
"""Characters of an answer that are passed on."""

_STATUS = re.compile(r"\b([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_KEYWORD = re.compile(r"\s*([\w-]+)")
_FULL_MAILBOX = "5.2.2"
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond")
_BULK_HEADERS = ("List-Id", "X-Auto-Response-Suppress")
_MOST_FILES = 20
_LONGEST = {"sender": 254, "subject": 500, "file": 200}
_DEEPEST = 10
_MOST_MULTIPARTS = 50
"""Of more, each line would be compared with each one's end."""

_MOST_MADE = 500
"""Parts that are made of one message; each takes a kilobyte, also an empty one."""

_LONGEST_HEADER = {"content-type": 1_000, "content-disposition": 1_000, "subject": 8_000}
"""Characters that are read of headers in which the library looks again and again."""
_DELIVERED_TO = ("X-Original-To", "Delivered-To", "Envelope-To", "To")


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
    answers. `automatic`: no person wrote it (RFC 3834); `bulk`: perhaps none did. `files`:
    names of what came with it.
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


def read(wire: bytes, to: str = "") -> Incoming:
    """Read a message; `to` is the envelope's recipient, where it is known."""
    message = _parsed(wire)
    parts = list(_parts(message))
    sender = next(_addresses(message, ("From",)), "")
    names = (name for part in parts if (name := _file_name(part)))
    return Incoming(
        recipients=(to,) if to else tuple(_addresses(message, _DELIVERED_TO)),
        references=tuple(dict.fromkeys(_references(message))),
        report=_report(message),
        automatic=_is_automatic(message),
        bulk=_is_bulk(message),
        sender=_writable(sender)[: _LONGEST["sender"]],
        subject=_writable(_header(message, "Subject"))[: _LONGEST["subject"]],
        text=_writable(_text(parts))[:MOST_TEXT],
        files=tuple(_writable(name)[: _LONGEST["file"]] for name in islice(names, _MOST_FILES)),
    )


class _Short(policy.Compat32):
    """The older parser's rules, with headers that are cut before anybody reads them."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _LONGEST_HEADER.get(name.lower())]


def _parsed(wire: bytes) -> Message:
    """Return a message with its parts, or with its headers alone if its parts are an attack."""
    rules = _Short()
    if wire.lower().count(b"multipart/") <= _MOST_MULTIPARTS:
        with suppress(LookupError, RecursionError, TypeError, ValueError):
            return BytesParser(_maker(), policy=rules).parsebytes(wire)
    return BytesParser(policy=rules).parsebytes(wire, headersonly=True)


def _maker() -> Callable[..., Message]:
    """Return what makes the parts of one message, and raises when that has too many."""
    made = count()

    def make(**rules: Any) -> Message:
        if next(made) > _MOST_MADE:
            raise ValueError("too many parts")
        return Message(**rules)

    return make


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
    raw = str(message.get(name, ""))
    try:
        return decoded(raw)
    except (LookupError, ValueError, MessageError):
        return " ".join(raw.split())


def _addresses(message: Message, names: tuple[str, ...]) -> Iterator[str]:
    values = (str(value) for name in names for value in message.get_all(name, []))
    for value in values:
        with suppress(IndexError, RecursionError):
            yield from [address for _, address in getaddresses([value]) if "@" in address]


def _references(message: Message) -> Iterator[str]:
    for name in ("In-Reply-To", "References"):
        yield from _MESSAGE_ID.findall(str(message.get(name, "")))


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


def _text(parts: list[Message]) -> str:
    """Return the first text that is none of the files, taken out of HTML if need be."""
    texts = [part for part in parts if part.get_content_maintype() == "text"]
    shown = [part for part in texts if not _file_name(part)]
    for kind in ("text/plain", "text/html"):
        for part in shown:
            if part.get_content_type() == kind:
                text = _decoded_text(part)
                return words_of(text) if kind == "text/html" else text
    return ""


def _decoded_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset("utf-8")
    try:
        text = raw.decode(charset, "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip("\n")


def _file_name(part: Message) -> str:
    if part.get_content_maintype() == "message":
        return "message.eml"
    try:
        name = part.get_filename("")
    except (LookupError, TypeError, ValueError):
        return "?"
    return " ".join(str(name).split())
