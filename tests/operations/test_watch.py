"""The watch sees that the queue stands still, and calls the organisers once, not every minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.delivery.queries.attempts import Actor
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import OutcomeUnknown, TransportError
from campaign.operations import queries
from campaign.operations.watch import (
    ALERT_INTERVAL,
    OVERDUE_AFTER,
    WORKER_TIMEOUT,
    read_worker_health,
)
from campaign.organisers.rules.roles import Role
from campaign.services import create_health_alert, create_worker
from tests.helpers.golden_mails import mail_as_text, matches_golden_file
from tests.helpers.transports import UnreachableTransport
from tests.organiser import onboard_organiser, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from campaign.operations.watch import HealthAlert, WorkerHealth
    from tests.clock import Clock
    from tests.supporter import Mail, Supporter

SECOND = timedelta(seconds=1)


NO_ROUTE = TransportError("no route to the host", permanent=False, code="connection")


class BreaksOff(MemoryTransport):
    def send(self, envelope: Envelope) -> str:
        super().send(envelope)
        raise OutcomeUnknown("the connection ended")


@pytest.fixture
def watch(container: Container, transport: MemoryTransport) -> HealthAlert:
    return create_health_alert(container, transport)


def beat(container: Container, name: str = "host-1") -> None:
    """Show a worker, as it does itself every fifteen seconds."""
    with container.database.writing() as session:
        now = container.clock()
        queries.record_heartbeat(session, Actor(name, "memory"), now, now, [])


def standing(container: Container) -> WorkerHealth:
    with container.database.reading() as session:
        return read_worker_health(session, container.clock())


def calls(transport: MemoryTransport, name: str = "") -> list[Envelope]:
    prefixes = (f"mail-{name}",) if name else ("mail-stands_still", "mail-works_again")
    return [one for one in transport.sent if one.name.startswith(prefixes)]


def test_the_owners_are_told_as_well_as_the_operator(
    container: Container, app: Flask, watch: HealthAlert, transport: MemoryTransport
) -> None:
    onboard_organiser(container, app)
    sign_in_organiser(container, app, Role.EDITOR)
    watch.check_and_alert(container.clock())
    told = [one.recipient for one in calls(transport)]
    assert told == [container.settings.operator_contact, "owner@example.org"]


def test_a_site_without_a_worker_does_not_stand_fine(container: Container) -> None:
    assert standing(container).problems == ["no worker has been seen in the last day"]
    assert standing(container).summary == (
        "STANDING STILL: no worker has been seen in the last day (workers: 0 running, 0 silent)"
    )


def test_a_worker_is_seen_while_it_works(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    supporter.deliver()
    assert standing(container).summary == (
        "fine: workers: 1 running, 0 silent, last seen 2026-11-02 10:00 UTC; "
        "no confirmation is late"
    )
    assert standing(container).running_workers[0].transport == "memory"
    clock.now += WORKER_TIMEOUT
    assert standing(container).is_healthy
    clock.now += SECOND
    assert standing(container).problems == ["no worker has been seen since 2026-11-02 10:00 UTC"]


def test_a_worker_that_was_stopped_is_not_missed_beside_another(
    container: Container, transport: MemoryTransport, clock: Clock
) -> None:
    worker = create_worker(container, transport)
    worker.step()
    worker.stop()
    worker.run()
    clock.now += WORKER_TIMEOUT + SECOND
    assert not standing(container).is_healthy
    beat(container)
    assert standing(container).is_healthy
    assert standing(container).silent_workers == []


def test_a_worker_that_died_is_silent_beside_another(container: Container, clock: Clock) -> None:
    beat(container, "host-1")
    clock.now += WORKER_TIMEOUT + SECOND
    beat(container, "host-2")
    now = standing(container)
    assert now.is_healthy
    assert [row.name for row in now.silent_workers] == ["host-1"]


def test_workers_that_nobody_has_seen_for_a_day_are_forgotten(
    container: Container, transport: MemoryTransport, clock: Clock
) -> None:
    beat(container)
    clock.advance(hours=24, seconds=1)
    create_worker(container, transport).step()
    assert "host-1" not in [row.name for row in standing(container).workers]


def test_a_confirmation_that_nobody_tries_to_hand_over_is_late_after_ten_minutes(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    clock.now += OVERDUE_AFTER
    beat(container)
    assert standing(container).is_healthy
    clock.now += SECOND
    assert standing(container).problems == [
        "a confirmation has been waiting since 2026-11-02 10:00 UTC"
    ]
    supporter.deliver()
    assert standing(container).is_healthy


def test_a_mail_server_that_cannot_be_reached_stands_in_the_way_of_a_running_worker(
    container: Container, supporter: Supporter, clock: Clock
) -> None:
    supporter.submit()
    worker = create_worker(container, UnreachableTransport(NO_ROUTE))
    for _ in range(3):
        worker.step()
        clock.advance(minutes=5)
    beat(container)
    assert standing(container).problems == [
        "a confirmation has been waiting since 2026-11-02 10:00 UTC"
    ]


def test_the_organisers_are_called_once_in_six_hours_and_once_when_it_is_fine(
    container: Container, watch: HealthAlert, transport: MemoryTransport, clock: Clock
) -> None:
    for _ in range(5):
        assert not watch.check_and_alert(clock()).is_healthy
        clock.advance(minutes=1)
    assert [one.recipient for one in calls(transport)] == ["contact@example.org"]
    clock.now += ALERT_INTERVAL
    for _ in range(2):
        watch.check_and_alert(clock())
    assert len(calls(transport, "stands_still")) == 2
    beat(container)
    for _ in range(2):
        assert watch.check_and_alert(clock()).is_healthy
    assert len(calls(transport, "works_again")) == 1


def test_standing_still_again_and_again_is_one_call_in_six_hours(
    container: Container, watch: HealthAlert, transport: MemoryTransport, clock: Clock
) -> None:
    for _ in range(4):
        clock.now += WORKER_TIMEOUT + SECOND
        watch.check_and_alert(clock())
        beat(container)
        watch.check_and_alert(clock())
    assert len(calls(transport, "stands_still")) == 1
    assert len(calls(transport, "works_again")) == 1


def test_watches_on_several_hosts_call_once(
    container: Container, transport: MemoryTransport, clock: Clock
) -> None:
    for _ in range(3):
        create_health_alert(container, transport).check_and_alert(clock())
    assert len(calls(transport)) == 1


def test_nobody_is_called_while_all_is_well(
    container: Container, watch: HealthAlert, transport: MemoryTransport
) -> None:
    beat(container)
    assert watch.check_and_alert(container.clock()).is_healthy
    assert transport.sent == []


def test_a_call_that_did_not_leave_is_tried_with_the_next_look(
    container: Container, clock: Clock
) -> None:
    transport = UnreachableTransport(NO_ROUTE)
    watch = create_health_alert(container, transport)
    for name in ("stands_still", "works_again"):
        transport.error = NO_ROUTE
        watch.check_and_alert(clock())
        assert calls(transport, name) == []
        transport.error = None
        for _ in range(3):
            watch.check_and_alert(clock())
        assert len(calls(transport, name)) == 1
        beat(container)


def test_a_call_that_may_have_arrived_is_not_made_again_with_every_look(
    container: Container, clock: Clock
) -> None:
    transport = BreaksOff()
    for _ in range(3):
        create_health_alert(container, transport).check_and_alert(clock())
    assert len(calls(transport)) == 1


def test_the_calls_say_what_they_always_said(
    container: Container, supporter: Supporter, watch: HealthAlert, clock: Clock
) -> None:
    supporter.submit()
    beat(container)
    clock.now += OVERDUE_AFTER + SECOND
    watch.check_and_alert(clock())
    supporter.deliver()
    beat(container)
    watch.check_and_alert(clock())
    for name in ("stands_still", "works_again"):
        (mail,) = supporter.received(f"mail-{name}")
        assert matches_golden_file(f"mail-{name}.txt", mail_as_text(mail))
        assert headers_of(mail) == ("Example Operator <letters@example.org>", "auto-generated")


def headers_of(mail: Mail) -> tuple[str, str]:
    return str(mail.message["From"]), str(mail.message["Auto-Submitted"])
