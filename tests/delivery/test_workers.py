"""Worker processes on a real queue: several at once, and one that is killed."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.delivery.rules.delivery import SEND_LEASE
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from tests.helpers.housekeeping import sweep
from tests.helpers.worker_processes import (
    PATIENCE,
    HangingServer,
    count_letters,
    submit_signatures,
    wait_until,
    worker_processes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container

pytestmark = pytest.mark.long


def accepted(container: Container, count: int) -> bool:
    return count_letters(container, LetterState.ACCEPTED) == count


def hands_in(container: Container) -> int:
    """Return how many workers have handed something over."""
    with container.database.reading() as session:
        return session.execute(select(func.count(AttemptRow.worker.distinct()))).scalar_one()


@pytest.mark.parametrize(("kind", "workers"), [("postgresql", 4), ("sqlite", 2)])
def test_workers_share_a_queue_and_deliver_each_of_200_letters_once(
    request: pytest.FixtureRequest,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: os.PathLike[str],
    kind: str,
    workers: int,
) -> None:
    environ = {
        "CAMPAIGN_DATABASE_URL": request.getfixturevalue(f"{kind}_url"),
        "CAMPAIGN_INSTANCE": os.fspath(tmp_path),
    }
    container = make_container(environ)
    submit_signatures(container, 200, confirm=True, due_in=5)
    letters = 200
    with worker_processes(environ, workers):
        wait_until(partial(accepted, container, letters))
        # On a busy machine one may be done before another has started: then there is more to do.
        while hands_in(container) < 2 and letters < 2_000:
            submit_signatures(container, 100, confirm=True)
            letters += 100
            wait_until(partial(accepted, container, letters))
    with container.database.reading() as session:
        by_outcome = select(AttemptRow.outcome, func.count()).where(
            AttemptRow.letter_id.is_not(None)
        )
        rows = session.execute(by_outcome.group_by(AttemptRow.outcome)).all()
    assert sorted((outcome.value, number) for outcome, number in rows) == [
        ("accepted", letters),
        ("started", letters),
    ]
    assert hands_in(container) > 1


@pytest.mark.parametrize("what", ["letter", "mail"])
def test_a_worker_killed_between_started_and_result_loses_nothing_and_doubles_nothing(
    container: Container, environ: dict[str, str], what: str
) -> None:
    submit_signatures(container, 1, confirm=what == "letter")
    server = HangingServer()
    smtp = {
        # Not live for the letter's address, and loopback all the same.
        "CAMPAIGN_TRANSPORT": "rehearsal",
        "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
        "CAMPAIGN_SMTP_HOST": "127.0.0.1",
        "CAMPAIGN_SMTP_PORT": str(server.port),
        "CAMPAIGN_SMTP_TLS": "none",
    }
    with worker_processes(environ | smtp, 1) as (process,):
        assert server.received.wait(PATIENCE)
        os.kill(process.pid, signal.SIGKILL)
    server.close()
    with container.database.writing() as session:
        sweep(session, container.keyring, SitePace(live=False), datetime.now(UTC) + SEND_LEASE / 2)
    kind = LetterRow if what == "letter" else OutgoingRow
    with container.database.reading() as session:
        assert session.execute(select(kind.state)).scalars().all() == ["claimed"]
    with container.database.writing() as session:
        # The worker's lease began by the real clock.
        sweep(session, container.keyring, SitePace(live=False), datetime.now(UTC) + SEND_LEASE * 2)
    with container.database.reading() as session:
        state = session.execute(select(kind.state)).scalar_one()
        outcomes = session.execute(select(AttemptRow.outcome).order_by(AttemptRow.id)).scalars()
        assert [outcome.value for outcome in outcomes] == ["started", "unknown"]
    assert state == (LetterState.UNCERTAIN if what == "letter" else OutgoingState.QUEUED)
