"""`campaign inbound --serve`: take in what a mail server brings over LMTP, until stopped."""

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
    """Take messages in at this socket until SIGTERM or SIGINT; raise OSError if there can be none.

    The message in hand is answered first, and the socket goes with the process.
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
    # Before the last message is done: whoever starts meanwhile makes a socket of its own there.
    path.unlink(missing_ok=True)


@dataclass(frozen=True)
class LmtpHandler:
    """Takes messages in, each in a transaction of its own, and writes down what they were."""

    container: Container

    def store_message(self, wire: bytes, to: str) -> bool:
        """Return whether a message is stored; another time it may be."""
        container = self.container
        mailroom = InboundMailService(
            container.keyring, container.tokens, container.settings.operator
        )
        try:
            with container.database.writing() as session:
                said = mailroom.receive(session, wire, to, container.clock())
        except RestorePending:
            log.warning("restore not settled, message not taken in")
        except OperationalError as error:
            log.warning("database away, message not taken in", error=database_error_code(error))
        else:
            log.info("message taken in", said=said)
            return True
        return False
