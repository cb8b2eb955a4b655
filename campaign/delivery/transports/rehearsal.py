"""Every message over SMTP to one safe address, whoever it is for: a dress rehearsal.

The message itself is unchanged, so that one sees what would have left; only the
envelope's recipient is the safe address.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.language import N_
from campaign.mail.smtp import Conversation, Server, conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.delivery.rules.delivery import Envelope
    from campaign.delivery.transports import Options


class RehearsalConnection:
    def __init__(self, talk: Conversation, safe_address: str) -> None:
        self._talk = talk
        self._safe_address = safe_address

    def send(self, envelope: Envelope) -> str:
        return self._talk.send(envelope.sender, self._safe_address, envelope.message)


class Rehearsal:
    name = "rehearsal"
    live = False
    reaches_recipient = False
    selectable = True
    needs = ("smtp_host", "rehearsal_address")
    summary = "rehearsal: everything goes to one safe address, and nothing to a ministry"
    banner = N_("Rehearsal: every letter goes to one safe address, and none to a ministry.")

    def __init__(self, server: Server, safe_address: str) -> None:
        self._server = server
        self._safe_address = safe_address

    @classmethod
    def from_options(cls, options: Options) -> Rehearsal:
        return cls(options.server, options.safe_address)

    @contextmanager
    def connect(self) -> Iterator[RehearsalConnection]:
        with conversation(self._server) as talk:
            yield RehearsalConnection(talk, self._safe_address)


TRANSPORT = Rehearsal
