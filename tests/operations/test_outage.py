"""While the database is down, the operator is called all the same, and not every minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.container import create_outage
from campaign.errors import TransportError
from campaign.operations.watch import AGAIN_AFTER
from tests.mails_for_tests import is_golden, shown
from tests.transports_for_tests import Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import House
    from campaign.delivery.transports.memory import Memory
    from campaign.operations.outage import Outage
    from tests.clock import Clock
    from tests.supporter import Supporter

NO_ROUTE = TransportError("no route to the host", permanent=False, code="connection")


@pytest.fixture
def outage(house: House, transport: Memory) -> Outage:
    return create_outage(house, transport)


def calls(transport: Memory) -> list[str]:
    return [one.name.split("-")[1] for one in transport.sent]


def test_the_operator_is_called_once_in_six_hours_and_once_when_it_is_back(
    outage: Outage, house: House, transport: Memory, clock: Clock
) -> None:
    for _ in range(5):
        outage.begins_or_goes_on(clock())
        clock.advance(minutes=1)
    assert calls(transport) == ["database_down"]
    clock.now += AGAIN_AFTER
    for _ in range(2):
        create_outage(house, transport).begins_or_goes_on(clock())
    assert calls(transport) == ["database_down", "database_down"]
    for _ in range(2):
        outage.is_over(clock())
    assert calls(transport)[2:] == ["database_back"]
    assert {one.recipient for one in transport.sent} == {house.settings.operator_contact}


def test_a_call_that_did_not_leave_is_tried_with_the_next_look(house: House, clock: Clock) -> None:
    transport = Unreachable(NO_ROUTE)
    outage = create_outage(house, transport)
    for look, name in (
        (outage.begins_or_goes_on, "database_down"),
        (outage.is_over, "database_back"),
    ):
        transport.error = NO_ROUTE
        look(clock())
        assert name not in calls(transport)
        transport.error = None
        for _ in range(3):
            look(clock())
        assert calls(transport).count(name) == 1


def test_a_clock_that_was_ahead_silences_no_call(
    outage: Outage, transport: Memory, clock: Clock
) -> None:
    outage.begins_or_goes_on(clock() + timedelta(days=400))
    outage.begins_or_goes_on(clock())
    assert len(calls(transport)) == 2


def test_where_it_cannot_be_noted_nobody_is_called_with_every_look(
    outage: Outage, transport: Memory, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    lost = replace(outage, mark=tmp_path / "file" / "mark")
    lost.begins_or_goes_on(clock())
    assert calls(transport) == []


def test_the_calls_say_what_they_always_said(
    outage: Outage, supporter: Supporter, clock: Clock
) -> None:
    outage.begins_or_goes_on(clock())
    outage.is_over(clock())
    for name in ("database_down", "database_back"):
        (mail,) = supporter.received(f"mail-{name}")
        assert is_golden(f"mail-{name}.txt", shown(mail))
