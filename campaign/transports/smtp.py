"""Messages handed to an SMTP server. The only live transport: they leave for real people."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.smtp import Conversation, Server, conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.domain.delivery import Envelope
    from campaign.transports import Options


class SmtpConnection:
    def __init__(self, talk: Conversation) -> None:
        self._talk = talk

    def send(self, envelope: Envelope) -> str:
        return self._talk.send(envelope.sender, envelope.recipient, envelope.message)


class Smtp:
    name = "smtp"
    live = True

    def __init__(self, server: Server) -> None:
        self._server = server

    @contextmanager
    def connect(self) -> Iterator[SmtpConnection]:
        with conversation(self._server) as talk:
            yield SmtpConnection(talk)


def make(options: Options) -> Smtp:
    return Smtp(options.server)
