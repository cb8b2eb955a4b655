"""A mail server that takes all the time that it may: each message leaves once, and is known of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.delivery.transports.rehearsal import RehearsalTransport
from campaign.letters.rows import LetterRow
from campaign.services import create_worker
from tests.helpers.digests import enable_digest
from tests.helpers.smtp_server import Behaviour, smtp_server

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

LONGEST = {"MAIL": 29, "RCPT": 29, "DATA": 29, "message": 2 * 599}
"""Seconds: 30 for a command, ten minutes for the message, and ten for the answer to it."""


@pytest.mark.parametrize("what", ["mail", "letter", "daily mail"])
def test_what_a_slow_server_has_in_hand_is_neither_uncertain_nor_sent_by_another_worker(
    supporter: Supporter, container: Container, clock: Clock, what: str
) -> None:
    if what == "daily mail":
        enable_digest(container)
    if what == "mail":
        supporter.submit()
    else:
        supporter.sign()
    meanwhile = MemoryTransport()
    other = create_worker(container, meanwhile)

    def slowly(command: str) -> None:
        clock.advance(seconds=LONGEST[command])
        other.run_housekeeping()
        while other.step():
            pass

    with smtp_server(Behaviour(before=slowly)) as server:
        slow = create_worker(container, RehearsalTransport(server.settings(), "safe@example.org"))
        while slow.step():
            pass
        assert (len(server.received), meanwhile.sent) == (1, [])
    with container.database.reading() as session:
        kind = OutgoingRow if what == "mail" else LetterRow
        assert set(session.scalars(select(kind.state))) == {"accepted"}
        assert "unknown" not in set(session.scalars(select(AttemptRow.outcome)))
