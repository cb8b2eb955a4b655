"""A mail server that refuses, hangs and cuts: Postfix's own smtp-sink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.transports.rehearsal import RehearsalTransport
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.mail.smtp import SmtpConfig
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.supporter import Supporter
from tests.system.relay import HOST, sink

if TYPE_CHECKING:
    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport

SAFE = "safe@example.org"


def attempt(
    container: Container, transport: MemoryTransport, *options: str
) -> tuple[LetterState, list[Outcome]]:
    """Let one letter be tried with a server that behaves so; return its state and outcomes."""
    worker = create_worker(container, transport)
    supporter = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    supporter.sign()
    with sink(*options) as port:
        server = SmtpConfig(HOST, port, "none", reply_timeout=2)
        create_worker(container, RehearsalTransport(server, SAFE)).step()
    with container.database.reading() as session:
        outcomes = session.scalars(
            select(AttemptRow.outcome)
            .where(AttemptRow.letter_id.is_not(None))
            .order_by(AttemptRow.id)
        )
        return session.scalars(select(LetterRow.state)).one(), list(outcomes)


@pytest.mark.parametrize(
    ("options", "state", "outcome"),
    [
        ((), LetterState.ACCEPTED, Outcome.ACCEPTED),
        (("-r", "MAIL"), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-r", "RCPT"), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-r", "DATA"), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-r", "."), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-f", "RCPT"), LetterState.REFUSED, Outcome.PERMANENT),
        (("-f", "DATA"), LetterState.REFUSED, Outcome.PERMANENT),
        (("-f", "."), LetterState.REFUSED, Outcome.PERMANENT),
        (("-Q", "RCPT"), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-q", "DATA"), LetterState.QUEUED, Outcome.TEMPORARY),
        (("-q", "."), LetterState.UNCERTAIN, Outcome.UNKNOWN),
        (("-W", ".:60"), LetterState.UNCERTAIN, Outcome.UNKNOWN),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_each_way_to_fail_has_its_state(
    container: Container,
    transport: MemoryTransport,
    options: tuple[str, ...],
    state: LetterState,
    outcome: Outcome,
) -> None:
    assert attempt(container, transport, *options) == (state, [Outcome.STARTED, outcome])


@pytest.mark.parametrize("command", ["CONNECT", "EHLO,HELO"])
@pytest.mark.parametrize("how", ["-f", "-r", "-q"])
def test_a_server_that_does_not_talk_leaves_the_letter_in_the_queue(
    container: Container, transport: MemoryTransport, how: str, command: str
) -> None:
    state, outcomes = attempt(container, transport, how, command)
    assert state is LetterState.QUEUED
    assert outcomes == [Outcome.TEMPORARY]
