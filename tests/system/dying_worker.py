"""A worker that is killed at a chosen moment, as a process of its own: `python -m ... MOMENT`.

Nothing of the product is changed: the transport that is passed in kills the process.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.container import build_container
from campaign.delivery.transports.rehearsal import RehearsalTransport
from campaign.services import create_worker, transport_options
from campaign.settings.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.delivery.rules.delivery import Connection, Envelope

KILL_POINTS = ("claimed", "connected", "started", "after DATA", "before result")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """Hands letters on by SMTP and dies at the moment; mails to supporters it lets through."""

    def __init__(self, inner: RehearsalTransport, moment: str) -> None:
        self.name, self.live = inner.name, inner.live
        self.reaches_recipient = inner.reaches_recipient
        self._inner = inner
        self._moment = moment

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        if self._moment == "claimed":
            die()
        with self._inner.connect() as connection:
            if self._moment == "connected":
                die()
            self._connection = connection
            yield self

    def send(self, envelope: Envelope) -> str:
        if self._moment == "started":
            die()
        # "after DATA": the server never answers, and the test kills this process meanwhile.
        answer = self._connection.send(envelope)
        if self._moment == "before result":
            die()
        return answer


def main() -> None:
    settings = load_settings()
    container = build_container(settings)
    options = transport_options(settings)
    inner = RehearsalTransport(options.server, options.safe_address)
    worker = create_worker(container, Dying(inner, sys.argv[1]))
    while worker.step():
        pass


if __name__ == "__main__":
    main()
