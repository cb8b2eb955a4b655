"""The worker: deliver, sweep, sleep. SIGTERM lets it finish the message in hand."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign.services.bulk import work
from campaign.services.pacing import offer_digests
from campaign.services.sweeping import sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.services.daily import DailyCourier
    from campaign.services.delivery import Courier
    from campaign.store.claiming import Pace
    from campaign.store.db import Database

IDLE_SECONDS = 0.5
SWEEP_SECONDS = 15.0
TROUBLE_SECONDS = 5.0

log = logging.getLogger(__name__)


class Worker:
    def __init__(
        self,
        database: Database,
        courier: Courier,
        daily_courier: DailyCourier,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._courier = courier
        self._daily_courier = daily_courier
        self._pace = pace
        self._clock = clock
        self._stop = threading.Event()
        self._sweep_at = time.monotonic()
        self._changes = True

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Work until stopped; a database that is away for a while is waited for."""
        while not self._stop.is_set():
            try:
                worked = self.step()
            except OperationalError as error:
                log.warning("database away, trying again: %s", type(error.orig).__name__)
                self._stop.wait(TROUBLE_SECONDS)
                continue
            if not worked:
                self._stop.wait(IDLE_SECONDS)

    def step(self) -> int:
        """Deliver one batch, change one by rule, sweep when it is time; 0 if all is done."""
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            self.sweep()
        if self._changes:
            # A batch beside each delivery: neither has to wait for the other's end.
            with self._database.writing() as session:
                self._changes = work(session, live=self._pace.live, now=self._clock())
        delivered = self._courier.deliver(self._stop.is_set) or self._daily_courier.deliver()
        return delivered or int(self._changes)

    def sweep(self) -> None:
        """Do what time has brought since the last sweep, and look for changes by rule."""
        self._changes = True
        with self._database.writing() as session:
            sweep(session, self._pace, self._clock())
        if self._pace.kept:
            # By itself: it locks ministries, which others lock after letters.
            with self._database.writing() as session:
                offer_digests(session, self._pace, self._clock())


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT end the worker after the message in hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
