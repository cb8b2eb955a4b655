"""An LMTP server (RFC 2033) on a Unix socket, which answers for each recipient separately.

It promises mail servers this: 250 is sent only after the message was stored; every failure here
is a 451, so that the message stays with the client; and no input can end the server or make other
clients wait. Lines may have any length and any bytes. Enhanced status codes (RFC 2034) are not
announced, because the library's own replies have none.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import syntax

from campaign import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

THREADS = 2
"""Messages processed at the same time: a slow one does not hold up the others."""

MAX_RECIPIENTS = 100
"""Recipients of one message (RFC 5321, section 4.5.3.1.8)."""

_WAITING = 32
_PROBE_SECONDS = 5.0
_FAREWELL_SECONDS = 0.1
_KEPT = "250 2.0.0 kept"
_LATER = "451 4.3.0 not taken in; bring it again later"

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class LmtpLimits:
    """Limits of the LMTP server.

    `size`: bytes of a message. `connections`: how many at once; each may hold a message in memory.
    `seconds`: idle time after which a connection is closed (RFC 5321, section 4.5.3.2.7).
    """

    size: int
    connections: int = 20
    seconds: float = 300.0


def bind_socket(path: Path) -> socket.socket:
    """Return a listening socket to which only its owner and the folder's group may connect.

    A stale socket is replaced. Raise OSError, with a sentence and the path, if a running process
    uses the socket or it cannot be created.
    """
    listener = socket.socket(socket.AF_UNIX)
    try:
        _clear(path)
        listener.bind(str(path))
        # Nobody can connect before it listens, whatever mode the umask has given it.
        path.chmod(0o660)
        listener.listen(_WAITING)
    except OSError as error:
        listener.close()
        # For a path that is too long, the system gives no errno.
        number, said = error.errno or errno.ENAMETOOLONG, error.strerror or str(error)
        raise OSError(number, said, str(path)) from None
    return listener


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "it is there and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "another process takes messages in there")


class LmtpServer:
    """A server that passes each message to `keep`, once per recipient, headed by its Return-Path.

    `keep` is called in threads. It returns once the message is safe, and says whether it was
    stored.
    """

    def __init__(self, name: str, keep: Callable[[bytes, str], bool], limits: LmtpLimits) -> None:
        self.name = name
        self.limits = limits
        self._keep = keep
        self._hands = ThreadPoolExecutor(THREADS, thread_name_prefix="keeping")
        self._open: set[asyncio.WriteTransport] = set()
        self._in_hand = 0
        self._nothing_in_hand = asyncio.Event()
        self._nothing_in_hand.set()

    async def serve(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Accept messages until `stop` is set, then answer those that were received completely."""
        loop = asyncio.get_running_loop()
        with self._hands:
            server = await loop.create_unix_server(self._protocol, sock=listener)
            await stop.wait()
            # First accept no more connections, then give the loop a turn for those just accepted:
            # asyncio leaves a connection open that is not set up when its server closes.
            loop.remove_reader(listener)
            await asyncio.sleep(0)
            server.close()
            await self._nothing_in_hand.wait()
            for transport in tuple(self._open):
                transport.close()
            # The last replies are sent in the loop's next turns; clients that do not read them
            # are disconnected.
            await asyncio.sleep(_FAREWELL_SECONDS)
            for transport in tuple(self._open):
                transport.abort()
            await asyncio.sleep(_FAREWELL_SECONDS)

    def connection_opened(self, transport: asyncio.WriteTransport) -> None:
        self._open.add(transport)

    def closed(self, transport: asyncio.BaseTransport | None) -> None:
        self._open = {one for one in self._open if one is not transport}

    @contextmanager
    def in_progress(self) -> Iterator[None]:
        """Make the server's shutdown wait for the end of this block."""
        self._in_hand += 1
        self._nothing_in_hand.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._nothing_in_hand.set()

    async def deliver(self, message: bytes | None, recipient: str) -> str:
        """Return the reply for one recipient; a `message` of None was too large."""
        if message is None:
            return self.too_large
        loop = asyncio.get_running_loop()
        try:
            kept = await loop.run_in_executor(self._hands, self._keep, message, recipient)
        except Exception as error:  # whatever it is, the message stays with the client
            log.exception("message not accepted", exc_info=error)
            kept = False
        return _KEPT if kept else _LATER

    @property
    def too_large(self) -> str:
        return f"552 5.3.4 a message of more than {self.limits.size} bytes is refused"

    def _protocol(self) -> asyncio.Protocol:
        return _TooMany() if len(self._open) >= self.limits.connections else _Session(self)


class _TooMany(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 too many connections; come again later\r\n")
        transport.close()


class _Session(LMTP):
    """One connection."""

    def __init__(self, owner: LmtpServer) -> None:
        super().__init__(
            _Handler(owner),
            # Checked here instead: the library replies once, whatever the number of recipients.
            data_size_limit=None,
            # Without it, mail servers bounce mail from or to such an address (RFC 6531).
            enable_SMTPUTF8=True,
            hostname=owner.name,
            ident="LMTP",
            timeout=owner.limits.seconds,
            loop=asyncio.get_running_loop(),
        )
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._owner.connection_opened(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner.closed(self.transport)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        """Close the connection: the library leaves it open if it ends before the greeting."""
        super().eof_received()
        return False

    def data_received(self, data: bytes) -> None:
        self._reset_timeout()
        super().data_received(data)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds it by its name
        assert self.envelope is not None
        recipients = self.envelope.rcpt_tos
        if not recipients:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        message = await self._message()
        with self._owner.in_progress():
            if message is not None:
                message = _return_path(self.envelope.mail_from or "") + message
            for recipient in recipients:
                await self.push(await self._owner.deliver(message, recipient))
        self.envelope = self._create_envelope()

    async def _message(self) -> bytes | None:
        """Return the message without dot-stuffing (RFC 5321, section 4.5.2), None if too large.

        It ends only at a dot between two CRLF.
        """
        pieces: list[bytes] = []
        size, begins = 0, True
        while (piece := await self._piece()) != b".\r\n" or not begins:
            if begins:
                piece = piece.removeprefix(b".")
            size += len(piece)
            if size > self._owner.limits.size:
                pieces.clear()
            else:
                pieces.append(piece)
            begins = piece.endswith(b"\r\n")
        return b"".join(pieces) if size <= self._owner.limits.size else None

    async def _piece(self) -> bytes:
        """Return the next line, or a part of a line that is longer than the library's limit."""
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            return await self._reader.read(error.consumed)


class _Handler:
    """The handler that aiosmtpd calls for each command."""

    def __init__(self, owner: LmtpServer) -> None:
        self._owner = owner

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by its name
        self, _server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        *said, last = responses
        return [*said, "250-PIPELINING", f"250-SIZE {self._owner.limits.size}", last]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by its name
        self, _server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        sizes = [one[5:] for one in options if one.startswith("SIZE=")]
        if any(int(size) > self._owner.limits.size for size in sizes):
            return self._owner.too_large
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by its name
        self, _server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) == MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients; bring it again to the others"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_exception(self, error: Exception) -> str:
        log.warning("command could not be parsed", error=logs.describe_error(error))
        return _LATER


def _return_path(sender: str) -> bytes:
    """Return the Return-Path line that final delivery puts first (RFC 5321, section 4.4)."""
    written = "".join(one for one in sender.strip("<>") if one.isprintable())
    return f"Return-Path: <{written}>\r\n".encode("utf-8", "replace")
