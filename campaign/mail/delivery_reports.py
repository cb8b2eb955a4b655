"""Bounces: what a mail server reports about a message it accepted, as a DSN or in plain text.

Anybody can forge either: the caller has to make sure that it came to one of our return paths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

_STATUS = re.compile(r"\b([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_FULL_MAILBOX = "5.2.2"
_MAX_REPLY_LENGTH = 500
_ORDER = ("failed", "delayed")

_SERVERS = re.compile(r"\b(?:mailer-?daemon|postmaster)\b", re.IGNORECASE)
_QSBMF = re.compile(r"\s*Hi\. This is the\b")
_COPY = re.compile(r"^-+ [^\n]*\bcopy\b|^(?:Received|Return-Path):", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"(?<![0-9.])[45]\.[0-9]{1,3}\.[0-9]{1,3}(?!\.?[0-9])")
_REPLY = re.compile(r"(?:^|[]:;>)(]|\bsaid)[ \t]*([45])([0-5][0-9])[ -]", re.MULTILINE)
_DELAYED = re.compile(
    r"\b(?:delayed|not yet been delivered|warning message only|transient non-fatal)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DeliveryReport:
    """A server's report about a message it accepted (RFC 3464); `status` is a code of RFC 3463."""

    action: str
    status: str
    reply: str

    @property
    def failed(self) -> bool:
        return self.action == "failed"

    @property
    def is_hard_bounce(self) -> bool:
        """Return whether retrying is pointless; a full mailbox is temporary."""
        return self.failed and self.status.startswith("5.") and self.status != _FULL_MAILBOX


def parse_dsn(message: Message) -> DeliveryReport | None:
    """Return the worst result in a delivery report (RFC 3464), or None if it is not one."""
    # Only if the message itself is a report: one that a person forwards comes from a person.
    if message.get_content_type() not in {"multipart/report", "message/delivery-status"}:
        return None
    blocks = [
        block
        for part in (message, *_inside(message))
        if part.get_content_type() == "message/delivery-status"
        for block in _inside(part)
    ]
    reports = [_reported(block) for block in blocks if "Action" in block]
    known = [one for one in reports if one.action in _ORDER]
    return min(known, key=lambda one: _ORDER.index(one.action), default=None) or next(
        iter(reports), None
    )


def parse_plain_bounce(message: Message, subject: str, text: str) -> DeliveryReport | None:
    """Return the plain-text bounce of a server that does not use RFC 3464, or None.

    It is a bounce if From is a mail server and a code of RFC 3463 or RFC 5321 precedes the copy
    of the message, if Exim names the failed recipient, or if the text begins like qmail's (QSBMF,
    https://cr.yp.to/proto/qsbmf.txt). Without a code it counts as a temporary failure.
    """
    named = "X-Failed-Recipients" in message
    if not (named or _SERVERS.search(str(message.get("From", "")))):
        return None
    copy = _COPY.search(text)
    said = text[: copy.start()] if copy else text
    found = _CODE.search(said) or _REPLY.search(said)
    if found is None and not named and not _QSBMF.match(said):
        return None
    status = _status(found)
    late = not status.startswith("5.") and _DELAYED.search(f"{subject}\n{said}")
    return DeliveryReport("delayed" if late else "failed", status, _line(said, found))


def _inside(message: Message) -> list[Message]:
    """Return a message's parts.

    A message without parts is not asked for its text, because its charset may not exist.
    """
    parts = message.get_payload() if message.is_multipart() else []
    return [part for part in parts if isinstance(part, Message)]


def _reported(block: Message) -> DeliveryReport:
    action = str(block.get("Action", "")).strip().lower()
    reply = " ".join(str(block.get("Diagnostic-Code", "")).split())
    found = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(reply)
    return DeliveryReport(action, found.group() if found else "", reply)


def _status(found: re.Match[str] | None) -> str:
    """Return a code in the form of RFC 3463; 552 is a full mailbox (RFC 5321, section 4.2.3)."""
    if found is None:
        return ""
    if found.re is _CODE:
        return found.group()
    return _FULL_MAILBOX if found[1] + found[2] == "552" else f"{found[1]}.0.0"


def _line(text: str, found: re.Match[str] | None) -> str:
    """Return the line that contains the code, to be used as the reply."""
    at = found.end() - 1 if found else 0
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].partition("\n")[0]
    return " ".join(line.split())[:_MAX_REPLY_LENGTH]
