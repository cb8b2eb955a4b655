"""A session with an SMTP server, and the meaning of its replies (RFC 5321, RFC 3463).

The transports that speak SMTP share this. Certificates are verified: if one does not match
the host, the session fails; there is no mere warning.
"""

from __future__ import annotations

import io
import math
import re
import smtplib
import ssl
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from campaign.errors import OutcomeUnknown, TransportError
from campaign.mail.rules import COMMAND_TIMEOUT, DATA_TIMEOUT

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import WriteableBuffer

_COMMAND_SECONDS = COMMAND_TIMEOUT.total_seconds()

_ACCEPTED, _GO_ON, _REFUSED, _NO_CODE = 200, 354, 400, 600
"""Reply codes (RFC 5321, section 4.2.1)."""
_DOT_AT_LINE_START = re.compile(rb"^\.", re.MULTILINE)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class SmtpConfig:
    """The server that accepts our mail. `tls`: `starttls`, `implicit` or, on loopback, `none`."""

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    reply_timeout: float = DATA_TIMEOUT.total_seconds()


class _DeadlineReader(io.RawIOBase):
    """A reader with a deadline for the whole reply.

    A socket's own timeout starts again with every byte received.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.until = math.inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class SmtpSession:
    """An open, greeted and logged-in connection."""

    def __init__(self, client: smtplib.SMTP, answer_seconds: float) -> None:
        assert client.sock is not None  # it is connected
        self._client = client
        self._answer_seconds = answer_seconds
        self._replies = _DeadlineReader(client.sock)
        client.file = io.BufferedReader(self._replies)

    @property
    def certificate_expires_at(self) -> datetime | None:
        """When the server's certificate expires; None without encryption."""
        sock = self._client.sock
        if not isinstance(sock, ssl.SSLSocket):
            return None
        ends = (sock.getpeercert() or {}).get("notAfter")
        assert isinstance(ends, str)  # the certificate was verified
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), tz=UTC)

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Send one message and return the server's reply.

        Raise TransportError if it was refused, OutcomeUnknown if the connection ended when the
        message may already have been accepted.
        """
        try:
            self._before_the_message(sender, recipient)
        except TransportError:
            self._reset()
            raise
        try:
            return self._message(message)
        except OutcomeUnknown:
            raise
        except TransportError:
            self._reset()
            raise

    def _before_the_message(self, sender: str, recipient: str) -> None:
        """Send all commands up to DATA: if any fails, the message was certainly not accepted."""
        try:
            self._set_deadline(_COMMAND_SECONDS)
            _accept_sender(self._client.mail(sender))
            self._set_deadline(_COMMAND_SECONDS)
            _expect(self._client.rcpt(recipient), "RCPT")
            self._set_deadline(_COMMAND_SECONDS)
            answer = self._client.docmd("DATA")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise TransportError(str(error), permanent=False, code="connection") from error
        if answer[0] != _GO_ON:
            raise _refusal(answer, "DATA")

    def _message(self, message: bytes) -> str:
        client = self._client
        try:
            self._set_deadline(self._answer_seconds)
            client.send(_DOT_AT_LINE_START.sub(b"..", message).removesuffix(b"\r\n") + b"\r\n.\r\n")
            self._set_deadline(self._answer_seconds)
            answer = client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown(str(error)) from error
        if not _ACCEPTED <= answer[0] < _ACCEPTED + 100 and not _REFUSED <= answer[0] < _NO_CODE:
            # A truncated or garbled reply to the whole message: it may have been accepted.
            raise OutcomeUnknown(f"no clear answer: {answer[0]}")
        _expect(answer, "DATA")
        return _text(answer[1])

    def _set_deadline(self, seconds: float) -> None:
        """Set the time limit, in seconds, for the next command and its reply together."""
        if self._client.sock is not None:
            self._client.sock.settimeout(seconds)
        self._replies.until = time.monotonic() + seconds

    def _reset(self) -> None:
        """Abort the refused transaction, so that the next message can be sent."""
        with suppress(smtplib.SMTPException, OSError):
            self._set_deadline(_COMMAND_SECONDS)
            self._client.rset()

    def quit(self) -> None:
        self._set_deadline(_COMMAND_SECONDS)
        try:
            self._client.quit()
        except (smtplib.SMTPException, OSError):
            self._client.close()


@contextmanager
def open_session(server: SmtpConfig) -> Iterator[SmtpSession]:
    """Connect, encrypt and log in; raise TransportError if any of that fails."""
    try:
        client = _connected(server)
    except smtplib.SMTPResponseException as error:
        raise _refusal((error.smtp_code, error.smtp_error), "LOGIN") from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise TransportError(str(error), permanent=False, code="connection") from error
    talk = SmtpSession(client, server.reply_timeout)
    try:
        yield talk
    finally:
        talk.quit()


@lru_cache
def _trusting(ca_file: Path | None, _changed: float) -> ssl.SSLContext:
    """Return the context that verifies certificates, cached: loading the system's takes 25 ms."""
    return ssl.create_default_context(cafile=ca_file)


def _context(server: SmtpConfig) -> ssl.SSLContext:
    changed = server.ca_file.stat().st_mtime if server.ca_file else 0.0
    return _trusting(server.ca_file, changed)


def _connected(server: SmtpConfig) -> smtplib.SMTP:
    client: smtplib.SMTP
    if server.tls == "implicit":
        client = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_COMMAND_SECONDS, context=_context(server)
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=_COMMAND_SECONDS)
    try:
        if server.tls == "starttls":
            client.starttls(context=_context(server))
        client.ehlo_or_helo_if_needed()
        if server.user:
            client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _accept_sender(answer: tuple[int, bytes]) -> None:
    """Raise TransportError if MAIL was refused.

    Such a refusal is about this site and temporary, until it is put right. Only 5.3.4 (too large)
    is about the message.
    """
    refused = not _ACCEPTED <= answer[0] < _ACCEPTED + 100
    if refused and not _text(answer[1]).startswith("5.3.4"):
        raise TransportError(f"{answer[0]} {_text(answer[1])}", permanent=False, code="sender")
    _expect(answer, "MAIL")


def _expect(answer: tuple[int, bytes], command: str) -> None:
    if not _ACCEPTED <= answer[0] < _ACCEPTED + 100:
        raise _refusal(answer, command)


def _refusal(answer: tuple[int, bytes | str], command: str) -> TransportError:
    code, reply = answer[0], _text(answer[1])
    enhanced = _ENHANCED.match(reply)
    said = enhanced.group(1) if enhanced else ""
    return TransportError(
        reply, permanent=_is_permanent(code, said, command), code=said or str(code)
    )


def _is_permanent(code: int, enhanced: str, command: str) -> bool:
    """Return whether a refusal is permanent.

    552 means a full mailbox, which is temporary, if it answers RCPT or comes with 5.2.2 (RFC
    5321, section 4.5.3.1.10; RFC 3463); 5.3.4 (too large) is permanent wherever it comes.
    A refused login is an error in the settings, not in the letter.
    """
    at_rcpt = command == "RCPT" and enhanced != "5.3.4"
    full_mailbox = code == 552 and (at_rcpt or enhanced == "5.2.2")  # noqa: PLR2004
    if command == "LOGIN" or full_mailbox:
        return False
    return code >= 500  # noqa: PLR2004


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())
