"""Handing over messages: outcomes, retries, leases, and what a transport is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from campaign.mail.rules import COMMAND_TIMEOUT, DATA_TIMEOUT

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

MAX_SEND_TIME = 4 * COMMAND_TIMEOUT + 2 * DATA_TIMEOUT
"""The longest that a transport's `send` takes.

By SMTP: MAIL, RCPT, DATA and, after a refusal, RSET; the message itself, and the reply to it.
"""

LEASE = 10 * COMMAND_TIMEOUT
"""How long a worker's claim lasts: for a message, the time to connect and log in."""

SEND_LEASE = MAX_SEND_TIME + timedelta(minutes=3)
"""How long a message's lease lasts from its start on: once it is over, nobody is sending it.

Three minutes are for recording the result, and for clock differences between hosts.
"""

PAUSE_AFTER_REFUSALS = 2
"""So many letters in a row refused for good pause the recipient: its address is wrong."""

PAUSE_AFTER_BOUNCES = 2
"""So many letters that bounced for good within BOUNCE_WINDOW pause the recipient."""

BOUNCE_WINDOW = timedelta(days=5)

GIVE_UP_AFTER = timedelta(days=5)
"""RFC 5321, section 4.5.4.1: give up after 4-5 days."""

BUILD_FAILED = "not-composed"
"""Code of an attempt that ended before anything was handed over."""

LOCAL_FAULT_CODES = frozenset({BUILD_FAILED, "fault", "connection", "sender", "outbox"})
"""Codes of failures that say nothing about the recipient's server."""

_RETRY_DELAYS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)


class Outcome(StrEnum):
    """Outcomes in the attempt log. `STARTED` is recorded before the message is handed over.

    `RELEASED` and `DROPPED` are a person's decisions about an uncertain letter. The last
    four came back later: a permanent failure, a temporary one, a delay, and an automatic reply.
    """

    STARTED = "started"
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"
    RELEASED = "released"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    SOFT_BOUNCED = "returned"
    DELAYED = "delayed"
    AUTO_REPLIED = "auto_replied"


REFUSED_OUTCOMES = frozenset({Outcome.TEMPORARY, Outcome.PERMANENT})
"""Outcomes after which a server has not accepted the message: nobody has it."""

INBOUND_OUTCOMES = (Outcome.BOUNCED, Outcome.SOFT_BOUNCED, Outcome.DELAYED, Outcome.AUTO_REPLIED)
"""Outcomes that come in about a message at any time: they say nothing about a worker's lease."""


class InboundKind(StrEnum):
    """Kinds of inbound messages.

    `DOUBTFUL`: perhaps an answer, which no person has decided yet; `NO_ANSWER`: a person decided
    that it is none.
    """

    REPORT = "report"
    AUTO_REPLY = "auto_reply"
    ANSWER = "answer"
    DOUBTFUL = "doubtful"
    NO_ANSWER = "no_answer"
    UNFILED = "unfiled"


LETTER_KINDS = (InboundKind.ANSWER, InboundKind.DOUBTFUL, InboundKind.NO_ANSWER)
"""Kinds of messages that are filed under a letter."""


def retry_delay(failures: int) -> timedelta:
    """Return how long to wait after so many temporary failures in a row (1 or more)."""
    return _RETRY_DELAYS[min(failures, len(_RETRY_DELAYS)) - 1]


@dataclass(frozen=True)
class Envelope:
    """A message ready to be sent. `name` is unique, stable and says nothing about a person."""

    name: str
    sender: str
    recipient: str
    message: bytes


class Connection(Protocol):
    def send(self, envelope: Envelope) -> str:
        """Hand over one message and return the other side's reply, within `MAX_SEND_TIME`.

        Raise TransportError if it was refused (`permanent` says whether a retry is pointless),
        OutcomeUnknown if it may have been accepted.
        """
        ...


class Transport(Protocol):
    """A way to send messages.

    `live`: messages are sent to the people they are for. `reaches_recipient`: the other side is
    the recipient's, so that its replies are about that address; not so for a folder or a safe
    address. A live transport always does. Each attempt records both.
    """

    name: str
    live: bool
    reaches_recipient: bool

    def connect(self) -> AbstractContextManager[Connection]:
        """Open a connection, or raise TransportError."""
        ...
