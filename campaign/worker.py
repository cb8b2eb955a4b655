"""The worker: deliver first, then housekeeping in short turns, then sleep.

Each kind of work is a task that fails alone (campaign/operations/tasks.py, docs/adr/0035).
SIGTERM lets it finish the message in hand.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign import logs
from campaign.errors import RestorePending
from campaign.moderation import trial
from campaign.moderation.bulk_batches import process_next_batch
from campaign.moderation.queries import bulk_changes
from campaign.operations import queries
from campaign.operations.housekeeping import HOUSEKEEPING_JOBS
from campaign.operations.tasks import Task, TaskRunner
from campaign.signatures.queries import counts
from campaign.store.database import database_error_code
from campaign.version import running_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from campaign.delivery.deliver import DeliveryDependencies, DeliveryService
    from campaign.delivery.deliver_digests import DigestDeliveryService
    from campaign.exports.build import ExportBuilder
    from campaign.operations.housekeeping import HousekeepingJob
    from campaign.operations.rules import TaskFailure
    from campaign.privacy.retention import Eraser
    from campaign.store.keyring import Keyring

IDLE_SECONDS = 0.5
CHORE_SECONDS = 15.0
HEARTBEAT_SECONDS = 15.0
DATABASE_RETRY_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 1.0
"""After so long, and the turn in hand, mail is looked at again."""

PENDING_RESTORE_LOG_SECONDS = 300.0
"""So often it is said that a restore is not settled."""

DELIVERY_RETRY_SECONDS = 15.0
"""Mail that could not be delivered is tried again so soon, however often that failed."""

COUNTER_BATCH = 200
FORGET_WORKER_AFTER = timedelta(days=1)
"""A worker that nobody has seen for so long is not coming back under that name."""

log = logs.get_logger(__name__)


class Worker:
    def __init__(
        self,
        hands: DeliveryDependencies,
        keyring: Keyring,
        courier: DeliveryService,
        daily_courier: DigestDeliveryService,
        builder: ExportBuilder,
        eraser: Eraser,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hands = hands
        self._database = hands.database
        self._keyring = keyring
        self._builder = builder
        self._stop = threading.Event()
        self._started_at = hands.clock()
        self._tasks = TaskRunner(hands.clock, self._is_outage, ticks)
        self._ticks = ticks
        self._said_unsettled_at = -inf
        self._heartbeat = Task(
            "heartbeat", self._write_heartbeat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS
        )
        stopping = self._beat_and_check_stop
        self._delivery = [
            _delivery("mails", partial(courier.deliver_mails, stopping)),
            _delivery("letters", partial(courier.deliver_letters, stopping)),
            _delivery("daily mails", daily_courier.deliver_one),
            _delivery("news", partial(courier.deliver_news, stopping)),
            _delivery("mails of held signatures", partial(courier.deliver_held_mails, stopping)),
        ]
        self._chores = [
            *(
                Task(name, partial(self._run_chore, chore), CHORE_SECONDS)
                for name, chore in HOUSEKEEPING_JOBS.items()
            ),
            Task("counters of past days", self._compact_counts, CHORE_SECONDS),
            Task("old files of exports", builder.delete_stale_files, CHORE_SECONDS),
            Task("notices of retention", eraser.tell, CHORE_SECONDS),
        ]
        # A batch beside each delivery: neither has to wait for the other's end.
        self._changes = Task("changes by rule", self._run_bulk_change)
        self._when_idle = [
            Task("exports", builder.run_batch),
            Task("retention", eraser.erase_batch),
        ]

    @property
    def failures(self) -> list[TaskFailure]:
        """Return what fails for now."""
        tasks = [self._heartbeat, *self._delivery, *self._housekeeping(idle=True)]
        return [task.failure for task in tasks if task.failure is not None]

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Work until stopped; a database that is away for a while is waited for.

        Raise TrialUndecided before anything leaves live, as long as a decision is missing.
        """
        logs.bind(worker=self._hands.holder.name)
        version = running_version()
        log.info("worker started", version=version.number, commit=version.commit)
        may_start = not self._hands.pace.live
        while not self._stop.is_set():
            try:
                if not may_start:
                    self._must_be_settled()
                    may_start = True
                worked = self.step()
            except OperationalError as error:
                log.warning("database away, trying again", error=database_error_code(error))
                self._stop.wait(DATABASE_RETRY_SECONDS)
                continue
            if not worked:
                self._stop.wait(IDLE_SECONDS)
        self._builder.release_job()
        with suppress(OperationalError), self._database.writing(unsettled=True) as session:
            queries.record_stopped(session, self._hands.holder, self._hands.clock())
        log.info("worker stopped")

    def step(self) -> bool:
        """Deliver one batch, then do a little of what else is due; return whether there is more.

        What fails is noted, shown and tried again later. Only a database that is away is
        raised, as OperationalError. While a restore is not settled nothing is done but to be seen.
        """
        failing = self.failures
        self._tasks.run_if_due(self._heartbeat)
        try:
            self._database.must_have_no_pending_restore()
            worked = self._work()
        except RestorePending as error:
            self._say_unsettled(error)
            return False
        if self.failures != failing:
            self._heartbeat.due_at = 0.0
        return worked

    def _work(self) -> bool:
        delivered = any(self._tasks.run_if_due(task) for task in self._delivery)
        housekeeping = self._housekeeping(idle=not delivered)
        worked = self._tasks.run_due(housekeeping, HOUSEKEEPING_SECONDS)
        return delivered or worked

    def _say_unsettled(self, error: RestorePending) -> None:
        """Say at once why nothing is done, and again now and then."""
        if self._ticks() - self._said_unsettled_at >= PENDING_RESTORE_LOG_SECONDS:
            self._said_unsettled_at = self._ticks()
            log.warning("restore not settled, nothing is handed over", backup=f"{error.made_at}")

    def run_housekeeping(self) -> None:
        """Do a batch of each chore now, whether it is due or not."""
        for task in self._chores:
            self._tasks.run(task)

    def _housekeeping(self, *, idle: bool) -> list[Task]:
        return [*self._chores, self._changes, *(self._when_idle if idle else [])]

    def _run_chore(self, chore: HousekeepingJob) -> None:
        with self._database.writing() as session:
            chore(session, self._keyring, self._hands.pace, self._hands.clock())

    def _must_be_settled(self) -> None:
        with self._database.reading() as session:
            trial.must_be_decided(session)

    def _compact_counts(self) -> None:
        """Put the counters of days that are over together, each by itself."""
        today: date = self._hands.clock().date()
        with self._database.reading() as session:
            keys = counts.find_sharded(session, today, COUNTER_BATCH)
        for key in keys:
            with self._database.writing() as session:
                counts.merge_shards(session, key)

    def _run_bulk_change(self) -> bool:
        """Do a batch of a change by rule; False if there is none to do."""
        with self._database.reading() as session:
            if not bulk_changes.has_active(session):
                return False
        with self._database.writing() as session:
            live, now = self._hands.pace.live, self._hands.clock()
            return process_next_batch(session, self._keyring, live=live, now=now)

    def _beat_and_check_stop(self) -> bool:
        """Say so between two messages, and be seen there: a slow server may take minutes."""
        with suppress(OperationalError):
            # What came of the last message is not written down yet, and must not get lost.
            self._tasks.run_if_due(self._heartbeat)
        return self._stop.is_set()

    def _write_heartbeat(self) -> None:
        """Write down that this worker is there, and which of its tasks fail."""
        now = self._hands.clock()
        with self._database.writing(unsettled=True) as session:
            queries.record_heartbeat(
                session, self._hands.holder, self._started_at, now, self.failures
            )
            queries.delete_unseen_since(session, now - FORGET_WORKER_AFTER)

    def _is_outage(self, error: Exception) -> bool:
        """Say whether no task is to blame: the database is away, or a restore is not settled."""
        is_away = isinstance(error, OperationalError) and not self._database.is_writable()
        return is_away or isinstance(error, RestorePending)


def _delivery(name: str, turn: Callable[[], object]) -> Task:
    return Task(name, turn, max_retry_delay=DELIVERY_RETRY_SECONDS)


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT end the worker after the message in hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
