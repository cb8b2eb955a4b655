"""Transports that answer as a test wants."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.delivery.transports.memory import MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.delivery.rules.delivery import Envelope
    from campaign.errors import TransportError


class LiveMemoryTransport(MemoryTransport):
    """Live by its own word, and yet nothing leaves the process."""

    name = "live memory"
    live = True


class RefusingTransport(MemoryTransport):
    """Raises what `refusal` returns for an envelope; None accepts it."""

    def __init__(self, refusal: Callable[[Envelope], TransportError | None]) -> None:
        super().__init__()
        self._refusal = refusal
        self.tried: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.tried.append(envelope)
        error = self._refusal(envelope)
        if error is not None:
            raise error
        return super().send(envelope)


class UnreachableTransport(MemoryTransport):
    """Connects only when `error` is None."""

    def __init__(self, error: TransportError | None) -> None:
        super().__init__()
        self.error = error

    @contextmanager
    def connect(self) -> Iterator[MemoryTransport]:
        if self.error is not None:
            raise self.error
        yield self
