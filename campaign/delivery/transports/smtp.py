"""Transport that hands messages to an SMTP server. Live: they go to real people."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.language import N_
from campaign.mail.smtp import SmtpConfig, SmtpSession, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.delivery.rules.delivery import Envelope
    from campaign.delivery.transports import TransportOptions


class SmtpConnection:
    def __init__(self, talk: SmtpSession) -> None:
        self._talk = talk

    def send(self, envelope: Envelope) -> str:
        return self._talk.send(envelope.sender, envelope.recipient, envelope.message)


class SmtpTransport:
    name = "smtp"
    live = True
    reaches_recipient = True
    selectable = True
    required_settings = ("smtp_host",)
    summary = "LIVE: letters leave for ministries"
    banner = N_("Live: letters are sent to the offices.")

    def __init__(self, server: SmtpConfig) -> None:
        self._server = server

    @classmethod
    def from_options(cls, options: TransportOptions) -> SmtpTransport:
        return cls(options.server)

    @contextmanager
    def connect(self) -> Iterator[SmtpConnection]:
        with open_session(self._server) as talk:
            yield SmtpConnection(talk)


TRANSPORT = SmtpTransport
