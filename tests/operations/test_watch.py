"""The watch sees that the queue stands still, and calls the organisers once, not every minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.container import create_watch, create_worker
from campaign.delivery.queries.attempts import Holder
from campaign.delivery.transports.memory import Memory
from campaign.errors import OutcomeUnknown, TransportError
from campaign.operations.queries import workers
from campaign.operations.watch import AGAIN_AFTER, LATE, SILENT, how_it_stands
from campaign.organisers.rules.roles import Role
from tests.mails_for_tests import is_golden, shown
from tests.organiser import signed_in, welcomed
from tests.transports_for_tests import Unreachable

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import House
    from campaign.delivery.rules.delivery import Envelope
    from campaign.operations.watch import Standing, Watch
    from tests.clock import Clock
    from tests.supporter import Mail, Supporter

SECOND = timedelta(seconds=1)


NO_ROUTE = TransportError("no route to the host", permanent=False, code="connection")


class BreaksOff(Memory):
    def send(self, envelope: Envelope) -> str:
        super().send(envelope)
        raise OutcomeUnknown("the connection ended")


@pytest.fixture
def watch(house: House, transport: Memory) -> Watch:
    return create_watch(house, transport)


def beat(house: House, name: str = "host-1") -> None:
    """Show a worker, as it does itself every fifteen seconds."""
    with house.database.writing() as session:
        now = house.clock()
        workers.note_seen(session, Holder(name, "memory"), now, now, [])


def standing(house: House) -> Standing:
    with house.database.reading() as session:
        return how_it_stands(session, house.clock())


def calls(transport: Memory, name: str = "") -> list[Envelope]:
    prefixes = (f"mail-{name}",) if name else ("mail-stands_still", "mail-works_again")
    return [one for one in transport.sent if one.name.startswith(prefixes)]


def test_the_owners_are_told_as_well_as_the_operator(
    house: House, app: Flask, watch: Watch, transport: Memory
) -> None:
    welcomed(house, app)
    signed_in(house, app, Role.EDITOR)
    watch.look(house.clock())
    told = [one.recipient for one in calls(transport)]
    assert told == [house.settings.operator_contact, "owner@example.org"]


def test_a_site_without_a_worker_does_not_stand_fine(house: House) -> None:
    assert standing(house).faults == ["no worker was seen in the last day"]
    assert standing(house).line == (
        "STANDING STILL: no worker was seen in the last day (workers: 0 running, 0 silent)"
    )


def test_a_worker_is_seen_while_it_works(supporter: Supporter, house: House, clock: Clock) -> None:
    supporter.sign()
    supporter.deliver()
    assert standing(house).line == (
        "fine: workers: 1 running, 0 silent, last seen 2026-11-02 10:00:00 UTC; "
        "no confirmation is late"
    )
    assert standing(house).running[0].transport == "memory"
    clock.now += SILENT
    assert standing(house).is_fine
    clock.now += SECOND
    assert standing(house).faults == ["no worker was seen since 2026-11-02 10:00:00 UTC"]


def test_a_worker_that_was_stopped_is_not_missed_beside_another(
    house: House, transport: Memory, clock: Clock
) -> None:
    worker = create_worker(house, transport)
    worker.step()
    worker.stop()
    worker.run()
    clock.now += SILENT + SECOND
    assert not standing(house).is_fine
    beat(house)
    assert standing(house).is_fine
    assert standing(house).silent == []


def test_a_worker_that_died_is_silent_beside_another(house: House, clock: Clock) -> None:
    beat(house, "host-1")
    clock.now += SILENT + SECOND
    beat(house, "host-2")
    now = standing(house)
    assert now.is_fine
    assert [row.name for row in now.silent] == ["host-1"]


def test_workers_that_nobody_has_seen_for_a_day_are_forgotten(
    house: House, transport: Memory, clock: Clock
) -> None:
    beat(house)
    clock.advance(hours=24, seconds=1)
    create_worker(house, transport).step()
    assert "host-1" not in [row.name for row in standing(house).workers]


def test_a_confirmation_that_nobody_tries_to_hand_over_is_late_after_ten_minutes(
    supporter: Supporter, house: House, clock: Clock
) -> None:
    supporter.submit()
    clock.now += LATE
    beat(house)
    assert standing(house).is_fine
    clock.now += SECOND
    assert standing(house).faults == ["a confirmation waits unsent since 2026-11-02 10:00:00 UTC"]
    supporter.deliver()
    assert standing(house).is_fine


def test_a_mail_server_that_cannot_be_reached_stands_in_the_way_of_a_running_worker(
    house: House, supporter: Supporter, clock: Clock
) -> None:
    supporter.submit()
    worker = create_worker(house, Unreachable(NO_ROUTE))
    for _ in range(3):
        worker.step()
        clock.advance(minutes=5)
    beat(house)
    assert standing(house).faults == ["a confirmation waits unsent since 2026-11-02 10:00:00 UTC"]


def test_the_organisers_are_called_once_in_six_hours_and_once_when_it_is_fine(
    house: House, watch: Watch, transport: Memory, clock: Clock
) -> None:
    for _ in range(5):
        assert not watch.look(clock()).is_fine
        clock.advance(minutes=1)
    assert [one.recipient for one in calls(transport)] == ["contact@example.org"]
    clock.now += AGAIN_AFTER
    for _ in range(2):
        watch.look(clock())
    assert len(calls(transport, "stands_still")) == 2
    beat(house)
    for _ in range(2):
        assert watch.look(clock()).is_fine
    assert len(calls(transport, "works_again")) == 1


def test_standing_still_again_and_again_is_one_call_in_six_hours(
    house: House, watch: Watch, transport: Memory, clock: Clock
) -> None:
    for _ in range(4):
        clock.now += SILENT + SECOND
        watch.look(clock())
        beat(house)
        watch.look(clock())
    assert len(calls(transport, "stands_still")) == 1
    assert len(calls(transport, "works_again")) == 1


def test_watches_on_several_hosts_call_once(house: House, transport: Memory, clock: Clock) -> None:
    for _ in range(3):
        create_watch(house, transport).look(clock())
    assert len(calls(transport)) == 1


def test_nobody_is_called_while_all_is_well(house: House, watch: Watch, transport: Memory) -> None:
    beat(house)
    assert watch.look(house.clock()).is_fine
    assert transport.sent == []


def test_a_call_that_did_not_leave_is_tried_with_the_next_look(house: House, clock: Clock) -> None:
    transport = Unreachable(NO_ROUTE)
    watch = create_watch(house, transport)
    for name in ("stands_still", "works_again"):
        transport.error = NO_ROUTE
        watch.look(clock())
        assert calls(transport, name) == []
        transport.error = None
        for _ in range(3):
            watch.look(clock())
        assert len(calls(transport, name)) == 1
        beat(house)


def test_a_call_that_may_have_arrived_is_not_made_again_with_every_look(
    house: House, clock: Clock
) -> None:
    transport = BreaksOff()
    for _ in range(3):
        create_watch(house, transport).look(clock())
    assert len(calls(transport)) == 1


def test_the_calls_say_what_they_always_said(
    house: House, supporter: Supporter, watch: Watch, clock: Clock
) -> None:
    supporter.submit()
    beat(house)
    clock.now += LATE + SECOND
    watch.look(clock())
    supporter.deliver()
    beat(house)
    watch.look(clock())
    for name in ("stands_still", "works_again"):
        (mail,) = supporter.received(f"mail-{name}")
        assert is_golden(f"mail-{name}.txt", shown(mail))
        assert headers_of(mail) == ("Example Operator <letters@example.org>", "auto-generated")


def headers_of(mail: Mail) -> tuple[str, str]:
    return str(mail.message["From"]), str(mail.message["Auto-Submitted"])
