"""Transport that sends every message over SMTP to one safe address: a dress rehearsal.

The message itself is unchanged, so that one sees what would have been sent; only the
envelope's recipient is the safe address.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.language import N_
from campaign.mail.smtp import SmtpConfig, SmtpSession, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.delivery.rules.delivery import Envelope
    from campaign.delivery.transports import TransportOptions


class RehearsalConnection:
    def __init__(self, talk: SmtpSession, safe_address: str) -> None:
        self._talk = talk
        self._safe_address = safe_address

    def send(self, envelope: Envelope) -> str:
        return self._talk.send(envelope.sender, self._safe_address, envelope.message)


class RehearsalTransport:
    name = "rehearsal"
    live = False
    reaches_recipient = False
    selectable = True
    required_settings = ("smtp_host", "rehearsal_address")
    summary = "rehearsal: everything goes to one safe address, and nothing to a ministry"
    banner = N_(
        "Rehearsal: every letter goes to a single test address, and none reaches an office."
    )

    def __init__(self, server: SmtpConfig, safe_address: str) -> None:
        self._server = server
        self._safe_address = safe_address

    @classmethod
    def from_options(cls, options: TransportOptions) -> RehearsalTransport:
        return cls(options.server, options.safe_address)

    @contextmanager
    def connect(self) -> Iterator[RehearsalConnection]:
        with open_session(self._server) as talk:
            yield RehearsalConnection(talk, self._safe_address)


TRANSPORT = RehearsalTransport
