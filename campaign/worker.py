"""The worker: deliver, build exports, sweep, sleep. SIGTERM lets it finish the message in hand."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from campaign import logs
from campaign.services.bulk import work
from campaign.services.pacing import offer_digests
from campaign.services.sweeping import sweep
from campaign.store import bulk, counts, workers
from campaign.store.db import code_of

if TYPE_CHECKING:
    from datetime import date

    from campaign.services.building import Builder
    from campaign.services.daily import DailyCourier
    from campaign.services.delivery import Courier, Hands
    from campaign.services.retention import Eraser
    from campaign.store.vault import Vault

IDLE_SECONDS = 0.5
SWEEP_SECONDS = 15.0
SEEN_SECONDS = 15.0
TROUBLE_SECONDS = 5.0
GATHERED_AT_ONCE = 200
FORGET_AFTER = timedelta(days=1)
"""A worker that nobody has seen for so long is not coming back under that name."""

log = logs.get(__name__)


class Worker:
    def __init__(
        self,
        hands: Hands,
        vault: Vault,
        courier: Courier,
        daily_courier: DailyCourier,
        builder: Builder,
        eraser: Eraser,
    ) -> None:
        self._hands = hands
        self._database = hands.database
        self._vault = vault
        self._courier = courier
        self._daily_courier = daily_courier
        self._builder = builder
        self._eraser = eraser
        self._stop = threading.Event()
        self._sweep_at = self._show_at = time.monotonic()
        self._started_at = hands.clock()

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Work until stopped; a database that is away for a while is waited for."""
        logs.bind(worker=self._hands.holder.worker)
        log.info("worker started")
        while not self._stop.is_set():
            try:
                worked = self.step()
            except OperationalError as error:
                log.warning("database away, trying again", error=code_of(error))
                self._stop.wait(TROUBLE_SECONDS)
                continue
            if not worked:
                self._stop.wait(IDLE_SECONDS)
        self._builder.lay_down()
        with suppress(OperationalError), self._database.writing() as session:
            workers.note_stopped(session, self._hands.holder, self._hands.clock())
        log.info("worker stopped")

    def step(self) -> int:
        """Deliver one batch, or go on with an export; change one by rule, sweep when it is time.

        Return 0 if all is done.
        """
        self._be_seen()
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            self.sweep()
        # A batch beside each delivery: neither has to wait for the other's end.
        changed = self._change()
        delivered = (
            self._courier.deliver(self._is_stopping)
            or self._daily_courier.deliver()
            or self._courier.deliver_news(self._is_stopping)
            or self._courier.deliver_held(self._is_stopping)
            or self._builder.work()
            or self._eraser.work()
        )
        return delivered or int(changed)

    def sweep(self) -> None:
        """Do what time has brought since the last sweep."""
        pace, clock = self._hands.pace, self._hands.clock
        with self._database.writing() as session:
            sweep(session, self._vault, pace, clock())
        self._gather_counts(clock().date())
        self._builder.tidy()
        self._eraser.tell()
        if pace.kept:
            # By itself: it locks ministries, which others lock after letters.
            with self._database.writing() as session:
                offer_digests(session, pace, clock())

    def _gather_counts(self, today: date) -> None:
        """Put the counters of days that are over together, each by itself."""
        with self._database.reading() as session:
            keys = counts.spread(session, today, GATHERED_AT_ONCE)
        for key in keys:
            with self._database.writing() as session:
                counts.gather(session, key)

    def _change(self) -> bool:
        """Do a batch of a change by rule; False if there is none to do."""
        with self._database.reading() as session:
            if not bulk.is_any_at_work(session):
                return False
        with self._database.writing() as session:
            live, now = self._hands.pace.live, self._hands.clock()
            return work(session, self._vault, live=live, now=now)

    def _is_stopping(self) -> bool:
        """Say so between two messages, and be seen there: a slow server may take minutes."""
        with suppress(OperationalError):
            # What came of the last message is not written down yet, and must not get lost.
            self._be_seen()
        return self._stop.is_set()

    def _be_seen(self) -> None:
        if time.monotonic() < self._show_at:
            return
        self._show_at = time.monotonic() + SEEN_SECONDS
        now = self._hands.clock()
        with self._database.writing() as session:
            workers.note_seen(session, self._hands.holder, self._started_at, now)
            workers.forget_unseen_since(session, now - FORGET_AFTER)


def stop_on_signals(worker: Worker) -> None:
    """Let SIGTERM and SIGINT end the worker after the message in hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
