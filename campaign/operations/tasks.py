"""Tasks that fail independently: each runs when due, with growing delays after failures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from campaign import logs
from campaign.operations.rules import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

INITIAL_RETRY_SECONDS = 5.0
MAX_RETRY_SECONDS = 900.0

log = logs.get_logger(__name__)


@dataclass
class Task:
    """A kind of work.

    `run_batch` does a part of it, never more than one batch, and returns whether there is more.
    `interval`: seconds until the next run when nothing is left. `max_retry_delay`: maximum seconds
    until it is retried while it fails.
    """

    name: str
    run_batch: Callable[[], object]
    interval: float = 0.0
    max_retry_delay: float = MAX_RETRY_SECONDS
    due_at: float = -inf
    failure: TaskFailure | None = None


class TaskRunner:
    """Runs tasks; an error in one never reaches the caller.

    The exceptions are errors that `ends_everything` recognises, such as those of a database that is
    down: no task is to blame for them. `ticks` returns the seconds of a monotonic clock.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        ends_everything: Callable[[Exception], bool],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._is_outage = ends_everything
        self._ticks = ticks

    def run_if_due(self, task: Task) -> bool:
        """Run a task once if it is due, and return whether there is more to do."""
        return self._ticks() >= task.due_at and self.run(task)

    def run(self, task: Task) -> bool:
        """Run a task once, due or not, and return whether there is more to do."""
        try:
            more = bool(task.run_batch())
        except Exception as error:
            if self._is_outage(error):
                raise
            self._record_failure(task, error)
            return False
        if task.failure is not None:
            log.info("task works again", task=task.name, failed=task.failure.tries)
            task.failure = None
        task.due_at = self._ticks() + (0.0 if more else task.interval)
        return more

    def run_due(self, tasks: list[Task], seconds: float) -> bool:
        """Run the due tasks, the longest due first, and stop when the time is up.

        Return whether there is more to do. A run that has begun is not interrupted.
        """
        until, more = self._ticks() + seconds, False
        for task in sorted(tasks, key=lambda one: one.due_at):
            more |= self.run_if_due(task)
            if self._ticks() >= until:
                return True
        return more

    def _record_failure(self, task: Task, error: Exception) -> None:
        before = task.failure
        since, tries = (before.since, before.tries + 1) if before else (self._clock(), 1)
        task.failure = TaskFailure(task.name, since, tries, logs.describe_error(error))
        wait = _retry_delay(task, tries)
        task.due_at = self._ticks() + wait
        log.error(
            "task failed",
            task=task.name,
            cause=task.failure.error,
            failures=tries,
            retry_in=wait,
            exc_info=error,
        )


def _retry_delay(task: Task, tries: int) -> float:
    """Return after how many seconds to retry a task that failed this often in a row."""
    first = max(task.interval, INITIAL_RETRY_SECONDS)
    # Beyond 2**30 it is the maximum anyway, and floats would overflow.
    return min(first * 2.0 ** min(tries - 1, 30), task.max_retry_delay)
