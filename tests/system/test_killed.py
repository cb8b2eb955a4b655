"""kill -9 at every moment of a delivery: nothing is lost, and nothing leaves twice."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.delivery import pacing
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.delivery import SEND_LEASE
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.delivery.transports.memory import MemoryTransport
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.services import create_worker
from campaign.settings.settings import BASE_DIR
from tests.clock import START
from tests.helpers import process_reaper as guard
from tests.helpers.housekeeping import sweep
from tests.helpers.smtp_server import HOST, smtp_server
from tests.helpers.worker_processes import HangingServer, submit_signatures
from tests.system.dying_worker import KILL_POINTS

if TYPE_CHECKING:
    import subprocess

    from campaign.container import Container
    from tests.clock import Clock

PATIENCE = 60.0
UNKNOWN_AFTER = ("started", "after DATA", "before result")


@pytest.fixture(params=["single", "digest"])
def letters(request: pytest.FixtureRequest, container: Container) -> int:
    """Queue one letter, or three that leave together; mails to supporters are gone already."""
    count = 1 if request.param == "single" else 3
    submit_signatures(container, count, confirm=True)
    with container.database.writing() as session:
        session.execute(update(OutgoingRow).values(state=OutgoingState.ACCEPTED))
        if request.param == "digest":
            pacing.set_digest(session, "DE/foreign-affairs", on=True, by="Test", now=START)
    return count


def run_until_killed(environ: dict[str, str], moment: str) -> int:
    """Run the worker until it dies at its moment; return how many messages the server took."""
    if moment != "after DATA":
        # It kills itself.
        with smtp_server() as server:
            process = worker(environ, moment, server.port)
            assert process.wait(PATIENCE) == -signal.SIGKILL
            return len(server.received)
    hanging = HangingServer()
    process = worker(environ, moment, hanging.port)
    assert hanging.received.wait(PATIENCE)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    hanging.close()
    return 1


def worker(environ: dict[str, str], moment: str, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "CAMPAIGN_TRANSPORT": "rehearsal",
        "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
        "CAMPAIGN_SMTP_HOST": HOST,
        "CAMPAIGN_SMTP_PORT": str(port),
        "CAMPAIGN_SMTP_TLS": "none",
    }
    return guard.popen(
        [sys.executable, "-m", "tests.system.dying_worker", moment],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], **environ, **settings},
    )


@pytest.mark.parametrize("moment", KILL_POINTS)
def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(
    container: Container,
    environ: dict[str, str],
    clock: Clock,
    letters: int,
    moment: str,
) -> None:
    taken = run_until_killed(environ, moment)
    # The dead worker's lease began by the real clock.
    clock.now = datetime.now(UTC)
    assert set(states(container)) == {LetterState.CLAIMED}
    clock.now += SEND_LEASE * 2
    with container.database.writing() as session:
        sweep(session, container.keyring, SitePace(live=False), clock.now)
    again = MemoryTransport()
    second = create_worker(container, again)
    while second.step():
        pass
    expected = LetterState.UNCERTAIN if moment in UNKNOWN_AFTER else LetterState.ACCEPTED
    assert states(container) == [expected] * letters
    left_again = [one for one in again.sent if one.name.startswith("letter")]
    assert taken == (moment in {"after DATA", "before result"})
    assert taken + len(left_again) == (moment != "started"), "once, or not at all"


def states(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))
