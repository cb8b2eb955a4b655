"""`campaign inbound --serve`: take in what a mail server brings over LMTP, until stopped."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign import logs
from campaign.delivery.inbound import Mailroom
from campaign.errors import RestoreUnsettled
from campaign.mail.lmtp import Limits, LmtpServer, listen
from campaign.store.database import code_of
from campaign.version import running

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import House

log = logs.get(__name__)


def serve(made: House, path: Path, largest: int) -> None:
    """Take messages in at this socket until SIGTERM or SIGINT; raise OSError if there can be none.

    The message in hand is answered first, and the socket goes with the process.
    """
    server = LmtpServer(made.settings.operator.domain, Intake(made).keep, Limits(largest))
    asyncio.run(_until_stopped(server, path))


async def _until_stopped(server: LmtpServer, path: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    listener = listen(path)
    serving = asyncio.create_task(server.serve(listener, stop))
    version = running()
    log.info("inbound started", version=version.number, commit=version.commit)
    await stop.wait()
    _clear_away(path)
    await serving
    log.info("inbound stopped")


def _clear_away(path: Path) -> None:
    # Before the last message is done: whoever starts meanwhile makes a socket of its own there.
    path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Intake:
    """Takes messages in, each in a transaction of its own, and writes down what they were."""

    made: House

    def keep(self, wire: bytes, to: str) -> bool:
        """Return whether a message is stored; another time it may be."""
        made = self.made
        mailroom = Mailroom(made.keyring, made.tokens, made.settings.operator)
        try:
            with made.database.writing() as session:
                said = mailroom.receive(session, wire, to, made.clock())
        except RestoreUnsettled:
            log.warning("restore not settled, message not taken in")
        except OperationalError as error:
            log.warning("database away, message not taken in", error=code_of(error))
        else:
            log.info("message taken in", said=said)
            return True
        return False
