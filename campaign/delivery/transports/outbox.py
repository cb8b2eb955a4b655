"""Transport that writes .eml files to a folder: nothing leaves the machine. The default."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from campaign.errors import TransportError
from campaign.language import N_
from campaign.store.private_files import create_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.delivery.rules.delivery import Envelope
    from campaign.delivery.transports import TransportOptions


class OutboxTransport:
    name = "outbox"
    live = False
    reaches_recipient = False
    selectable = True
    required_settings = ()
    summary = "files: nothing leaves this machine"
    banner = N_("Trial: e-mails and letters are saved as files, and nothing is sent.")

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def from_options(cls, options: TransportOptions) -> OutboxTransport:
        return cls(options.outbox)

    @contextmanager
    def connect(self) -> Iterator[OutboxTransport]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise TransportError(_reason(error), permanent=False, code="outbox") from error
        yield self

    def send(self, envelope: Envelope) -> str:
        """Write the file atomically; the same name replaces it."""
        target = self._folder / f"{envelope.name}.eml"
        unfinished = target.with_suffix(".part")
        try:
            unfinished.unlink(missing_ok=True)
            with create_private_file(unfinished) as file:
                file.write(envelope.message)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise TransportError(_reason(error), permanent=False, code="outbox") from error
        return f"written to {target.name}"


def _reason(error: OSError) -> str:
    return f"the outbox cannot be written: {error.strerror or error}"


TRANSPORT = OutboxTransport
