"""Counters for Prometheus, in files in one folder.

Every process on a machine that counts claims a slot there, with files that nobody else writes to;
`campaign metrics` reads them all. A process that claims the slot of one that ended continues its
files, so there are as many as ever ran at once, and no counter ever falls. Nothing here is about
people: routes and never URLs, outcomes and never replies.
"""

from __future__ import annotations

import fcntl
import itertools
from typing import TYPE_CHECKING, TextIO

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from campaign.metrics import Metrics

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.delivery.rules.delivery import Outcome

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class PrometheusMetrics(Metrics):
    """Metrics stored in the folder that `set_prometheus_dir` passed to the Prometheus library."""

    def __init__(self, folder: Path) -> None:
        # Open as long as this process counts.
        place, self._held = _claim_slot(folder)
        # The library does this itself only if it knew the folder before it was loaded.
        values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]
        # The values are in the folder's files, not in a registry.
        nowhere = CollectorRegistry()
        self._requests = Counter(
            "campaign_requests",
            "Requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=nowhere,
        )
        self._seconds = Histogram(
            "campaign_request_duration_seconds",
            "How long an answer took to make.",
            ["route"],
            buckets=_BUCKETS,
            registry=nowhere,
        )
        self._transactions = Histogram(
            "campaign_transaction_duration_seconds",
            "How long a transaction that writes took, with its commit.",
            buckets=_BUCKETS,
            registry=nowhere,
        )
        self._attempts = Counter(
            "campaign_attempts",
            "Letters and mails handed over, by what came of it.",
            ["kind", "outcome"],
            registry=nowhere,
        )

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def observe_transaction(self, seconds: float) -> None:
        self._transactions.observe(seconds)

    def count_attempt(self, kind: str, outcome: Outcome) -> None:
        self._attempts.labels(kind, outcome.value).inc()


def _claim_slot(folder: Path) -> tuple[str, TextIO]:
    """Claim the first free slot; the system releases it, however its holder ends.

    With a lock and not by process id, which another process may have by then, also in another
    container. https://man7.org/linux/man-pages/man2/flock.2.html
    """
    for number in itertools.count():
        place = f"place-{number}"
        held = (folder / f"{place}.lock").open("a")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
        else:
            return place, held
    raise AssertionError  # there is always one more number


def load_registry(folder: Path) -> CollectorRegistry:
    """Return what all processes have counted into a folder, summed up."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry
