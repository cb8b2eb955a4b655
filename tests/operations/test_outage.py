"""While the database is down, the operator is called all the same, and not every minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.errors import TransportError
from campaign.operations.watch import ALERT_INTERVAL
from campaign.services import create_database_down_alert
from tests.helpers.golden_mails import mail_as_text, matches_golden_file
from tests.helpers.transports import UnreachableTransport

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.operations.outage import DatabaseDownAlert
    from tests.clock import Clock
    from tests.supporter import Supporter

NO_ROUTE = TransportError("no route to the host", permanent=False, code="connection")


@pytest.fixture
def outage(container: Container, transport: MemoryTransport) -> DatabaseDownAlert:
    return create_database_down_alert(container, transport)


def calls(transport: MemoryTransport) -> list[str]:
    return [one.name.split("-")[1] for one in transport.sent]


def test_the_operator_is_called_once_in_six_hours_and_once_when_it_is_back(
    outage: DatabaseDownAlert, container: Container, transport: MemoryTransport, clock: Clock
) -> None:
    for _ in range(5):
        outage.trigger(clock())
        clock.advance(minutes=1)
    assert calls(transport) == ["database_down"]
    clock.now += ALERT_INTERVAL
    for _ in range(2):
        create_database_down_alert(container, transport).trigger(clock())
    assert calls(transport) == ["database_down", "database_down"]
    for _ in range(2):
        outage.resolve(clock())
    assert calls(transport)[2:] == ["database_back"]
    assert {one.recipient for one in transport.sent} == {container.settings.operator_contact}


def test_a_call_that_did_not_leave_is_tried_with_the_next_look(
    container: Container, clock: Clock
) -> None:
    transport = UnreachableTransport(NO_ROUTE)
    outage = create_database_down_alert(container, transport)
    for look, name in (
        (outage.trigger, "database_down"),
        (outage.resolve, "database_back"),
    ):
        transport.error = NO_ROUTE
        look(clock())
        assert name not in calls(transport)
        transport.error = None
        for _ in range(3):
            look(clock())
        assert calls(transport).count(name) == 1


def test_a_clock_that_was_ahead_silences_no_call(
    outage: DatabaseDownAlert, transport: MemoryTransport, clock: Clock
) -> None:
    outage.trigger(clock() + timedelta(days=400))
    outage.trigger(clock())
    assert len(calls(transport)) == 2


def test_where_it_cannot_be_noted_nobody_is_called_with_every_look(
    outage: DatabaseDownAlert, transport: MemoryTransport, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    lost = replace(outage, marker_file=tmp_path / "file" / "mark")
    lost.trigger(clock())
    assert calls(transport) == []


def test_the_calls_say_what_they_always_said(
    outage: DatabaseDownAlert, supporter: Supporter, clock: Clock
) -> None:
    outage.trigger(clock())
    outage.resolve(clock())
    for name in ("database_down", "database_back"):
        (mail,) = supporter.received(f"mail-{name}")
        assert matches_golden_file(f"mail-{name}.txt", mail_as_text(mail))
