"""A mail server that takes all the time that it may: each message leaves once, and is known of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.container import create_worker
from campaign.delivery.rows.queue import AttemptRow, MailRow
from campaign.delivery.transports.memory import Memory
from campaign.delivery.transports.rehearsal import Rehearsal
from campaign.letters.rows import LetterRow
from tests.daily_for_tests import begin_daily
from tests.smtp_server import Behaviour, smtp_server

if TYPE_CHECKING:
    from campaign.container import House
    from tests.clock import Clock
    from tests.supporter import Supporter

LONGEST = {"MAIL": 29, "RCPT": 29, "DATA": 29, "message": 2 * 599}
"""Seconds: 30 for a command, ten minutes for the message, and ten for the answer to it."""


@pytest.mark.parametrize("what", ["mail", "letter", "daily mail"])
def test_what_a_slow_server_has_in_hand_is_neither_uncertain_nor_sent_by_another_worker(
    supporter: Supporter, house: House, clock: Clock, what: str
) -> None:
    if what == "daily mail":
        begin_daily(house)
    if what == "mail":
        supporter.submit()
    else:
        supporter.sign()
    meanwhile = Memory()
    other = create_worker(house, meanwhile)

    def slowly(command: str) -> None:
        clock.advance(seconds=LONGEST[command])
        other.sweep()
        while other.step():
            pass

    with smtp_server(Behaviour(before=slowly)) as server:
        slow = create_worker(house, Rehearsal(server.settings(), "safe@example.org"))
        while slow.step():
            pass
        assert (len(server.received), meanwhile.sent) == (1, [])
    with house.database.reading() as session:
        kind = MailRow if what == "mail" else LetterRow
        assert set(session.scalars(select(kind.state))) == {"accepted"}
        assert "unknown" not in set(session.scalars(select(AttemptRow.outcome)))
