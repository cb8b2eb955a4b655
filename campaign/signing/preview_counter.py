"""Counts that somebody sees her letter for the first time, for the organisers' dashboard."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.errors import RestorePending
from campaign.signing.queries import preview_counts

if TYPE_CHECKING:
    from datetime import date

    from campaign.store.database import Database

log = logs.get_logger(__name__)


class PreviewKey(NamedTuple):
    """What previews are counted by; nobody's data is in it."""

    campaign_id: int
    day: date
    source: str
    shard: int


class PreviewCounter:
    """Counts previews in this process, and stores them together, so that no preview waits for it.

    `seconds`: how long after the first of them; with 0 each is stored at once. A process that ends
    as asked stores them first: Python waits for the timer. One that is killed loses these seconds'.
    """

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counted: Counter[PreviewKey] = Counter()

    def add(self, key: PreviewKey) -> None:
        with self._lock:
            is_first = not self._counted
            self._counted[key] += 1
        if not self._seconds:
            self.store()
        elif is_first:
            threading.Timer(self._seconds, self.store).start()

    def store(self) -> None:
        """Add to the database's counters what was counted here; what cannot be stored is lost."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        try:
            # At once, she waits for it: then a busy SQLite database is not worth her time.
            with self._database.writing(patient=self._seconds > 0) as session:
                preview_counts.add(session.connection(), counted)
        except (DBAPIError, RestorePending) as error:
            # Figures for the organisers: nobody's letter depends on them.
            log.warning(
                "previews were not counted",
                number=counted.total(),
                error=type(error).__name__,
            )
