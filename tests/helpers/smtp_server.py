"""A mail server on loopback that answers as it is told: `with smtp_server(...) as server:`."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, syntax

from campaign.mail.smtp import SmtpConfig

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from aiosmtpd.smtp import Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Behaviour:
    """How the server answers; where nothing is chosen, as a good server does."""

    mail: str = ""
    rcpt: Mapping[str, str] = field(default_factory=dict)
    """Answers to RCPT by recipient."""
    data_word: str = ""
    """The answer to the word DATA, before the content."""
    data: str = ""
    """The answer after the content."""
    close_at_data_word: bool = False
    close_after_data: bool = False
    close_on_connect: bool = False
    hang_seconds: float = 0
    """How long the answer after the content takes."""
    before: Callable[[str], None] = lambda _: None
    """Called before each answer with what it answers: `MAIL`, `RCPT`, `DATA` or `message`."""
    tls: ssl.SSLContext | None = None
    """Offers STARTTLS with this certificate."""
    starttls: str = ""
    """The answer to STARTTLS, instead of encrypting."""
    password: str = ""
    """Offers logins; only this password is right."""


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool


class SmtpServer:
    """A running server: its port, the messages that it took and what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.port = 0
        self.received: list[Received] = []
        self.connections = 0
        self.logins: list[str] = []
        self.asked: list[str] = []
        """The commands MAIL, RCPT and DATA with their arguments, in order."""
        self._transports: list[asyncio.BaseTransport] = []

    def settings(
        self,
        tls: str = "none",
        *,
        ca_file: Path | None = None,
        password: str = "",
        answer_seconds: float = 20,
    ) -> SmtpConfig:
        """Return this server's address as the product's settings."""
        return SmtpConfig(
            host=HOST,
            port=self.port,
            tls=tls,
            user="operator" if password else "",
            password=password,
            ca_file=ca_file,
            reply_timeout=answer_seconds,
        )

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(self._protocol, HOST, 0)
        self.port = listener.sockets[0].getsockname()[1]
        ready.set()
        async with listener:
            await stop.wait()
            for transport in self._transports:
                transport.close()
        # Closed transports leave the loop in its next rounds.
        await asyncio.sleep(0.01)

    def opened(self, transport: asyncio.BaseTransport) -> None:
        self.connections += 1
        self._transports.append(transport)

    def _protocol(self) -> asyncio.Protocol:
        return _Slam(self) if self.behaviour.close_on_connect else _Smtp(self)


class _Slam(asyncio.Protocol):
    """Closes every connection before a greeting."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.opened(transport)
        transport.close()


class _Smtp(SMTP):
    def __init__(self, owner: SmtpServer) -> None:
        behaviour = owner.behaviour
        super().__init__(
            _Hooks(owner),
            hostname="mail.example.org",
            tls_context=behaviour.tls,
            auth_require_tls=False,
            auth_exclude_mechanism=() if behaviour.password else ("LOGIN", "PLAIN"),
            authenticator=self._check_login,
            loop=asyncio.get_running_loop(),
        )
        self._owner = owner
        self._behaviour = behaviour

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.opened(transport)
        super().connection_made(transport)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds it by its name
        if self._behaviour.starttls:
            await self.push(self._behaviour.starttls)
        else:
            await super().smtp_STARTTLS(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds it by its name
        self._owner.asked.append("DATA")
        self._behaviour.before("DATA")
        if self._behaviour.close_at_data_word:
            await self.hang_up()
        elif self._behaviour.data_word:
            await self.push(self._behaviour.data_word)
        else:
            await super().smtp_DATA(arg)

    async def hang_up(self) -> None:
        """Close the connection and say nothing more: its end cancels this very task."""
        assert self.transport is not None
        self.transport.close()
        await asyncio.sleep(60)

    def _check_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        password = data.password.decode()
        self._owner.logins.append(password)
        return AuthResult(success=password == self._behaviour.password, handled=False)


class _Hooks:
    """What aiosmtpd asks at each step; an answer that is not 250 is a refusal."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner
        self._behaviour = owner.behaviour

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by its name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self._owner.asked.append(f"MAIL {address}")
        self._behaviour.before("MAIL")
        if not self._behaviour.mail:
            envelope.mail_from = address
        return self._behaviour.mail or "250 sender ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by its name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self._owner.asked.append(f"RCPT {address}")
        self._behaviour.before("RCPT")
        refusal = self._behaviour.rcpt.get(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 recipient ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by its name
        self, server: _Smtp, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self._behaviour.hang_seconds)
        self._behaviour.before("message")
        if self._behaviour.close_after_data:
            await server.hang_up()
        if self._behaviour.data:
            return self._behaviour.data
        assert isinstance(envelope.content, bytes)
        self._owner.received.append(
            Received(
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                envelope.content,
                encrypted=session.ssl is not None,
            )
        )
        return f"250 2.0.0 queued as {len(self._owner.received)}"


@contextmanager
def smtp_server(behaviour: Behaviour | None = None) -> Iterator[SmtpServer]:
    """Run a server in a thread of its own until the block ends."""
    server = SmtpServer(behaviour or Behaviour())
    ready = threading.Event()
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        thread = threading.Thread(target=lambda: runner.run(server.serve(ready, stop)))
        thread.start()
        try:
            assert ready.wait(10), "the mail server did not start"
            yield server
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
