"""The worker: deliver, build exports, sweep, sleep. SIGTERM lets it finish the message in hand."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign.services.pacing import offer_digests
from campaign.services.sweeping import sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.services.building import Builder
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
        builder: Builder,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._courier = courier
        self._daily_courier = daily_courier
        self._builder = builder
        self._pace = pace
        self._clock = clock
        self._stop = threading.Event()
        self._sweep_at = time.monotonic()

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
        self._builder.lay_down()

    def step(self) -> int:
        """Deliver one batch, or else go on with an export; return how much was claimed.

        Sweep when it is time.
        """
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            self.sweep()
        return (
            self._courier.deliver(self._stop.is_set)
            or self._daily_courier.deliver()
            or self._builder.work()
        )

    def sweep(self) -> None:
        """Do what time has brought since the last sweep."""
        with self._database.writing() as session:
            sweep(session, self._pace, self._clock())
        self._builder.tidy()
        if self._pace.kept:
            # By itself: it locks ministries, which others lock after letters.
            with self._database.writing() as session:
                offer_digests(session, self._pace, self._clock())


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT end the worker after the message in hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
