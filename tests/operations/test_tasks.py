"""Each kind of the worker's work fails alone: the others go on, and mail goes first."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign.container import exports_folder
from campaign.delivery.transports.memory import MemoryTransport
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.operations.metrics import collect_gauges
from campaign.operations.tasks import MAX_RETRY_SECONDS, Task, TaskRunner
from campaign.operations.totals_cache import TotalsCache
from campaign.operations.watch import read_worker_health
from campaign.organisers.rules.roles import Role
from campaign.services import create_worker
from campaign.worker import CHORE_SECONDS, DELIVERY_RETRY_SECONDS, HOUSEKEEPING_SECONDS
from tests.conftest import SLUG
from tests.helpers.campaign_facts import set_fact
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container
    from campaign.operations.rules import TaskFailure
    from campaign.operations.watch import WorkerHealth
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.supporter import Supporter

LOST = {
    "news": "news",
    "bulk_changes": "changes by rule",
    "export_jobs": "exports",
    "mail_caps": "old mail caps",
    "sign_in_tries": "old sessions",
    "inbound": "old unfiled mail",
    "counts": "counters of past days",
}
"""A table that cannot be read, and the task that fails for it."""


class Ticks:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def worker(container: Container, transport: MemoryTransport, ticks: Ticks) -> Worker:
    """A worker of which nobody expects that nothing fails."""
    return create_worker(container, transport, ticks)


@contextmanager
def lost(container: Container, table: str) -> Iterator[None]:
    """Take a table away until the block ends."""
    with container.database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO lost")
    try:
        yield
    finally:
        with container.database.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE lost RENAME TO {table}")


def failing(worker: Worker) -> dict[str, TaskFailure]:
    return {failure.task: failure for failure in worker.failures}


def standing(container: Container) -> WorkerHealth:
    with container.database.reading() as session:
        return read_worker_health(session, container.clock())


def letters(container: Container) -> list[LetterState]:
    with container.database.reading() as session:
        return list(session.scalars(select(LetterRow.state)))


def test_a_folder_among_the_exports_stops_nothing_and_stays(
    supporter: Supporter, container: Container
) -> None:
    folder = exports_folder(container.settings)
    (folder / "lost+found").mkdir(parents=True)
    (folder / "left behind").touch()
    supporter.sign()
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert letters(container) == [LetterState.ACCEPTED]
    assert [path.name for path in folder.iterdir()] == ["lost+found"]
    assert failing(supporter.worker) == {}


@pytest.mark.parametrize("table", LOST)
def test_what_one_task_cannot_read_keeps_no_other_from_its_work(
    supporter: Supporter, container: Container, ticks: Ticks, table: str
) -> None:
    supporter.submit()
    with lost(container, table):
        ticks.now += CHORE_SECONDS
        link = supporter.newest_mail().link("confirm")
    supporter.browser.post(link)
    with lost(container, table):
        for _ in range(3):
            ticks.now += CHORE_SECONDS
            supporter.deliver()
        assert letters(container) == [LetterState.ACCEPTED]
        assert LOST[table] in failing(supporter.worker)
        stands = standing(container)
        assert stands.is_healthy
        assert LOST[table] in [failure.task for failure in stands.failures]


def test_a_heartbeat_that_cannot_be_written_waits_before_it_is_tried_again(
    worker: Worker, container: Container, ticks: Ticks
) -> None:
    with lost(container, "workers"):
        for _ in range(20):
            ticks.now += 0.1
            worker.step()
        assert failing(worker)["heartbeat"].tries == 1


def test_letters_leave_while_mails_cannot(supporter: Supporter, container: Container) -> None:
    supporter.submit()
    supporter.browser.post(supporter.newest_mail().link("confirm"))
    supporter.submit(email="second@example.org")
    with lost(container, "mail_budgets"):
        supporter.worker.step()
    assert set(letters(container)) == {LetterState.ACCEPTED, LetterState.DRAFT}
    assert "mails" in failing(supporter.worker)


def test_a_ledger_that_cannot_be_written_stops_retention_and_no_letter(
    supporter: Supporter, container: Container, clock: Clock, ticks: Ticks
) -> None:
    supporter.sign()
    supporter.deliver()
    set_fact(container, "closes_on", "2026-05-13")
    supporter.worker.run_housekeeping()
    clock.advance(days=8)
    ledger = container.settings.instance / "erased.ledger"
    ledger.mkdir(parents=True)
    supporter.deliver()
    assert failing(supporter.worker)["retention"].error.startswith("IsADirectoryError in ledger.py")
    set_fact(container, "closes_on", "2027-05-13")
    supporter.sign(email="later@example.org")
    supporter.deliver()
    assert letters(container) == [LetterState.ACCEPTED] * 2
    ledger.rmdir()
    ticks.now += CHORE_SECONDS
    supporter.deliver()
    assert failing(supporter.worker) == {}
    assert ledger.is_file() is False


def test_what_fails_is_tried_again_later_and_later_until_it_works(
    clock: Clock, ticks: Ticks
) -> None:
    tried_at, faults = [], [RuntimeError("testa@example.org")]

    def turn() -> None:
        tried_at.append(ticks.now)
        for fault in faults:
            raise fault

    task, runner = Task("made up", turn, CHORE_SECONDS), TaskRunner(clock, lambda _: False, ticks)
    while ticks.now < 2 * MAX_RETRY_SECONDS:
        runner.run_if_due(task)
        ticks.now += CHORE_SECONDS
    waits = [after - before for before, after in pairwise(tried_at)]
    assert waits == [15, 30, 60, 120, 240, 480]
    failure = task.failure
    assert failure is not None
    assert (failure.tries, failure.since) == (7, clock())
    ticks.now = 10 * MAX_RETRY_SECONDS
    for _ in range(2):
        runner.run_if_due(task)
        ticks.now += MAX_RETRY_SECONDS
    assert tried_at[-1] - tried_at[-2] == MAX_RETRY_SECONDS
    faults.clear()
    ticks.now += MAX_RETRY_SECONDS
    runner.run_if_due(task)
    assert task.failure is None
    ticks.now += CHORE_SECONDS
    runner.run_if_due(task)
    assert tried_at[-1] - tried_at[-2] == CHORE_SECONDS


def test_mail_that_could_not_be_delivered_is_tried_again_soon(
    supporter: Supporter, container: Container, ticks: Ticks
) -> None:
    supporter.submit()
    with lost(container, "outgoing"):
        for _ in range(10):
            supporter.worker.step()
            ticks.now += DELIVERY_RETRY_SECONDS
    assert not supporter.mails()
    ticks.now += DELIVERY_RETRY_SECONDS
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_housekeeping_gives_way_to_mail_after_each_turn(
    supporter: Supporter, container: Container, ticks: Ticks
) -> None:
    """However much housekeeping there is, and however long each turn of it takes."""
    for number in range(30):
        supporter.submit(email=f"testa{number}@example.org")
    taken = []

    class Slow:
        """A clock on which every look takes longer than housekeeping may."""

        def __call__(self) -> float:
            ticks.now += 2 * HOUSEKEEPING_SECONDS
            return ticks.now

    slow = create_worker(container, supporter.transport, Slow())
    while len(supporter.mails()) < 30:
        assert slow.step()
        taken.append(len(supporter.mails()))
    assert taken == [25, 30]


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:9/none", "sqlite:////nowhere/at/all"])
def test_no_task_is_blamed_for_a_database_that_is_away(
    make_container: Callable[[dict[str, str]], Container], tmp_path: Path, url: str
) -> None:
    environ = {"CAMPAIGN_DATABASE_URL": url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    worker = create_worker(make_container(environ), MemoryTransport())
    for _ in range(2):
        with pytest.raises(OperationalError):
            worker.step()
    assert failing(worker) == {}


def test_organisers_and_watchers_see_what_fails_and_where_and_nobodys_words(
    supporter: Supporter,
    container: Container,
    app: Flask,
    ticks: Ticks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    viewer = sign_in_organiser(container, app, Role.VIEWER)
    assert "keeps failing" not in viewer.get(f"/console/c/{SLUG}/").text
    with lost(container, "mail_caps"):
        supporter.worker.step()
        ticks.now += CHORE_SECONDS
        supporter.worker.step()
    page = viewer.get(f"/console/c/{SLUG}/").text
    assert "Needs your attention" in page
    assert "old mail caps" in page
    assert "in mail_caps.py:" in page
    assert "failing since 2026-11-02 10:00 UTC: old mail caps" in standing(container).summary
    with container.database.reading() as session:
        found = collect_gauges(session, container.campaign_cache, TotalsCache(0), container.clock())
        values = {gauge.name: gauge.values for gauge in found}
    assert values["campaign_task_failing_seconds"] == [(("old mail caps",), 0.0)]
    assert "task failed" in caplog.text
    assert "DELETE FROM" not in caplog.text
    ticks.now += 2 * CHORE_SECONDS
    supporter.worker.step()
    ticks.now += CHORE_SECONDS
    supporter.worker.step()
    assert "keeps failing" not in viewer.get(f"/console/c/{SLUG}/").text


def test_what_failed_in_a_worker_that_has_ended_is_not_shown(
    supporter: Supporter, container: Container, ticks: Ticks
) -> None:
    with lost(container, "mail_caps"):
        supporter.worker.step()
        ticks.now += CHORE_SECONDS
        supporter.worker.step()
        assert len(standing(container).failures) == 1
        supporter.worker.stop()
        supporter.worker.run()
    assert standing(container).failures == []
