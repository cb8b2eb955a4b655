"""Transport that stores messages in a list, for tests and trials inside one process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.delivery.rules.delivery import Envelope
    from campaign.delivery.transports import TransportOptions


class MemoryTransport:
    name = "memory"
    live = False
    reaches_recipient = True  # it plays the recipient: tests make it refuse as one would
    selectable = False  # each process would have its own list
    required_settings = ()
    summary = "memory: nothing leaves this process"
    banner = ""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []

    @classmethod
    def from_options(cls, _options: TransportOptions) -> MemoryTransport:
        return cls()

    @contextmanager
    def connect(self) -> Iterator[MemoryTransport]:
        yield self

    def send(self, envelope: Envelope) -> str:
        self.sent.append(envelope)
        return "kept in memory"


TRANSPORT = MemoryTransport
