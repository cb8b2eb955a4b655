"""The worker: deliver first, then do housekeeping in short turns, then sleep.

Each kind of work is a task that fails independently (campaign/operations/tasks.py, docs/adr/0035).
On SIGTERM, the worker finishes the current message.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
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

    from campaign.campaigns.schedule import ScheduledPublisher
    from campaign.delivery.deliver import DeliveryDependencies, DeliveryService
    from campaign.delivery.deliver_digests import DigestDeliveryService
    from campaign.exports.build import ExportBuilder
    from campaign.operations.housekeeping import HousekeepingJob
    from campaign.operations.notices import OrganiserNotifier
    from campaign.operations.rehearsals import RehearsalService
    from campaign.operations.rules import TaskFailure
    from campaign.operations.sender_check import SenderChecker
    from campaign.privacy.retention import Eraser
    from campaign.store.keyring import Keyring

IDLE_SECONDS = 0.5
CHORE_SECONDS = 15.0
HEARTBEAT_SECONDS = 15.0
NOTICE_SECONDS = 300.0
DATABASE_RETRY_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 1.0
"""How long housekeeping may take, and the turn in progress, before delivery is next again."""

PENDING_RESTORE_LOG_SECONDS = 300.0
"""How often a pending restore is logged."""

DELIVERY_RETRY_SECONDS = 15.0
"""The longest delay before a failed delivery task is retried, however often it failed."""

COUNTER_BATCH = 200
FORGET_WORKER_AFTER = timedelta(days=1)
"""A worker without a heartbeat for this long will not come back under its name."""

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class SlowServices:
    """What a worker does beside delivering mail."""

    builder: ExportBuilder
    eraser: Eraser
    publisher: ScheduledPublisher
    notifier: OrganiserNotifier
    sender_checker: SenderChecker
    rehearsals: RehearsalService


class Worker:
    """A process that delivers mail and does housekeeping until it is stopped."""

    def __init__(
        self,
        dependencies: DeliveryDependencies,
        keyring: Keyring,
        delivery_service: DeliveryService,
        digest_service: DigestDeliveryService,
        services: SlowServices,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dependencies = dependencies
        self._database = dependencies.database
        self._keyring = keyring
        self._builder, eraser = services.builder, services.eraser
        self._stop = threading.Event()
        self._started_at = dependencies.clock()
        self._tasks = TaskRunner(dependencies.clock, self._is_outage, ticks)
        self._ticks = ticks
        self._said_unsettled_at = -inf
        self._heartbeat = Task(
            "heartbeat", self._write_heartbeat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS
        )
        stopping = self._beat_and_check_stop
        self._delivery = [
            _delivery("mails", partial(delivery_service.deliver_mails, stopping)),
            _delivery("letters", partial(delivery_service.deliver_letters, stopping)),
            _delivery("daily mails", digest_service.deliver_one),
            _delivery("news", partial(delivery_service.deliver_news, stopping)),
            _delivery(
                "mails of held signatures", partial(delivery_service.deliver_held_mails, stopping)
            ),
        ]
        self._chores = [
            *(
                Task(name, partial(self._run_housekeeping_job, chore), CHORE_SECONDS)
                for name, chore in HOUSEKEEPING_JOBS.items()
            ),
            Task("counters of past days", self._compact_counts, CHORE_SECONDS),
            Task("old files of exports", services.builder.delete_stale_files, CHORE_SECONDS),
            Task("notices of retention", eraser.tell, CHORE_SECONDS),
            Task("scheduled publications", services.publisher.publish_due, CHORE_SECONDS),
            Task("notices to organisers", services.notifier.notify, NOTICE_SECONDS),
            Task("copies of rehearsed letters", services.rehearsals.send_copies, CHORE_SECONDS),
            Task("rehearsals that are over", services.rehearsals.erase_ended, CHORE_SECONDS),
            Task("check of the sender", services.sender_checker.check, NOTICE_SECONDS),
        ]
        # One batch after each delivery, so that neither has to wait for the other to finish.
        self._changes = Task("changes by rule", self._run_bulk_change)
        self._when_idle = [
            Task("exports", services.builder.run_batch),
            Task("retention", eraser.erase_batch),
        ]

    @property
    def failures(self) -> list[TaskFailure]:
        """The tasks that are failing at the moment."""
        tasks = [self._heartbeat, *self._delivery, *self._housekeeping(idle=True)]
        return [task.failure for task in tasks if task.failure is not None]

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Work until stopped, and wait whenever the database is unavailable.

        Raise TrialUndecided if the site is live and the decision about its trial is missing, before
        anything is sent.
        """
        logs.bind(worker=self._dependencies.holder.name)
        version = running_version()
        log.info("worker started", version=version.number, commit=version.commit)
        may_start = not self._dependencies.pace.live
        while not self._stop.is_set():
            try:
                if not may_start:
                    self._require_trial_decided()
                    may_start = True
                worked = self.step()
            except OperationalError as error:
                log.warning("database unavailable, retrying", error=database_error_code(error))
                self._stop.wait(DATABASE_RETRY_SECONDS)
                continue
            if not worked:
                self._stop.wait(IDLE_SECONDS)
        self._builder.release_job()
        with suppress(OperationalError), self._database.writing(unsettled=True) as session:
            queries.record_stopped(session, self._dependencies.holder, self._dependencies.clock())
        log.info("worker stopped")

    def step(self) -> bool:
        """Deliver one batch, then do some of the other due work; return whether there is more.

        Failures are recorded, shown and retried later. Only an unavailable database is raised, as
        OperationalError. While a restore is pending, only the heartbeat is written.
        """
        self._tasks.run_if_due(self._heartbeat)
        failing = self.failures
        try:
            self._database.must_have_no_pending_restore()
            worked = self._work()
        except RestorePending as error:
            self._log_pending_restore(error)
            return False
        if self.failures != failing:
            self._heartbeat.due_at = 0.0
        return worked

    def _work(self) -> bool:
        delivered = any(self._tasks.run_if_due(task) for task in self._delivery)
        housekeeping = self._housekeeping(idle=not delivered)
        worked = self._tasks.run_due(housekeeping, HOUSEKEEPING_SECONDS)
        return delivered or worked

    def _log_pending_restore(self, error: RestorePending) -> None:
        """Log at once why nothing is done, and repeat it now and then."""
        if self._ticks() - self._said_unsettled_at >= PENDING_RESTORE_LOG_SECONDS:
            self._said_unsettled_at = self._ticks()
            log.warning("restore pending, delivery paused", backup=f"{error.made_at}")

    def run_housekeeping(self) -> None:
        """Run one batch of each housekeeping task now, whether it is due or not."""
        for task in self._chores:
            self._tasks.run(task)

    def _housekeeping(self, *, idle: bool) -> list[Task]:
        return [*self._chores, self._changes, *(self._when_idle if idle else [])]

    def _run_housekeeping_job(self, chore: HousekeepingJob) -> None:
        with self._database.writing() as session:
            chore(session, self._keyring, self._dependencies.pace, self._dependencies.clock())

    def _require_trial_decided(self) -> None:
        with self._database.reading() as session:
            trial.must_be_decided(session)

    def _compact_counts(self) -> None:
        """Merge the shards of past days' counters, each counter in its own transaction."""
        today: date = self._dependencies.clock().date()
        with self._database.reading() as session:
            keys = counts.find_sharded(session, today, COUNTER_BATCH)
        for key in keys:
            with self._database.writing() as session:
                counts.merge_shards(session, key)

    def _run_bulk_change(self) -> bool:
        """Process one batch of a bulk change; return False if there is none."""
        with self._database.reading() as session:
            if not bulk_changes.has_active(session):
                return False
        with self._database.writing() as session:
            live, now = self._dependencies.pace.live, self._dependencies.clock()
            return process_next_batch(session, self._keyring, live=live, now=now)

    def _beat_and_check_stop(self) -> bool:
        """Return whether to stop, and write a heartbeat, between two messages.

        A slow mail server may take minutes per message.
        """
        with suppress(OperationalError):
            # The result of the last message is not recorded yet, and must not get lost.
            self._tasks.run_if_due(self._heartbeat)
        return self._stop.is_set()

    def _write_heartbeat(self) -> None:
        """Record that this worker is alive, and which of its tasks are failing."""
        now = self._dependencies.clock()
        with self._database.writing(unsettled=True) as session:
            queries.record_heartbeat(
                session, self._dependencies.holder, self._started_at, now, self.failures
            )
            queries.delete_unseen_since(session, now - FORGET_WORKER_AFTER)

    def _is_outage(self, error: Exception) -> bool:
        """Return whether no task is to blame: the database is down, or a restore is pending."""
        is_away = isinstance(error, OperationalError) and not self._database.is_writable()
        return is_away or isinstance(error, RestorePending)


def _delivery(name: str, turn: Callable[[], object]) -> Task:
    return Task(name, turn, max_retry_delay=DELIVERY_RETRY_SECONDS)


def stop_on_signals(worker: Worker) -> None:
    """Make SIGTERM and SIGINT stop the worker after the current message."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
