"""`campaign inbound --serve`: take in what a mail server delivers over LMTP, until stopped."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign import logs
from campaign.delivery.inbound import InboundMailService
from campaign.errors import RestorePending
from campaign.mail.lmtp import LmtpLimits, LmtpServer, bind_socket
from campaign.store.database import database_error_code
from campaign.version import running_version

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import Container

log = logs.get_logger(__name__)


def serve(container: Container, path: Path, largest: int) -> None:
    """Take in messages at this socket until SIGTERM or SIGINT.

    The current message is answered first, and the socket is removed with the process. Raise OSError
    if the socket cannot be created.
    """
    server = LmtpServer(
        container.settings.operator.domain,
        LmtpHandler(container).store_message,
        LmtpLimits(largest),
    )
    asyncio.run(_until_stopped(server, path))


async def _until_stopped(server: LmtpServer, path: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    listener = bind_socket(path)
    serving = asyncio.create_task(server.serve(listener, stop))
    version = running_version()
    log.info("inbound started", version=version.number, commit=version.commit)
    await stop.wait()
    _clear_away(path)
    await serving
    log.info("inbound stopped")


def _clear_away(path: Path) -> None:
    # Before the last message is done: a process that starts meanwhile creates its own socket there.
    path.unlink(missing_ok=True)


@dataclass(frozen=True)
class LmtpHandler:
    """LMTP handler that takes in each message in its own transaction and logs what it was."""

    container: Container

    def store_message(self, wire: bytes, to: str) -> bool:
        """Return whether the message is stored; if not, it may be at another time."""
        container = self.container
        inbound_service = InboundMailService(
            container.keyring, container.tokens, container.settings.operator
        )
        try:
            with container.database.writing() as session:
                result = inbound_service.receive(session, wire, to, container.clock())
        except RestorePending:
            log.warning("restore pending, message not accepted")
        except OperationalError as error:
            log.warning(
                "database unavailable, message not accepted", error=database_error_code(error)
            )
        else:
            log.info("message accepted", result=result)
            return True
        return False
