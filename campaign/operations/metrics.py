"""Metrics of the site for monitoring: gauges without anybody's data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign.delivery.queries import letter_lists, mails
from campaign.letters.rules.letter import LetterState
from campaign.operations import queries
from campaign.operations.watch import read_worker_health
from campaign.signatures.queries import counts
from campaign.signatures.rules.signature import SignatureState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache
    from campaign.operations.totals_cache import TotalsCache
    from campaign.store.replica import ReplicaHealth


@dataclass
class Gauge:
    """A metric with its labels, and a value for each."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()
    values: list[tuple[tuple[str, ...], float]] = field(default_factory=list)


def collect_gauges(
    session: Session, campaign_cache: CampaignCache, sums: TotalsCache, now: datetime
) -> Iterator[Gauge]:
    """Yield all gauges; sums over all signatures may be as old as `sums` allows."""
    yield _signatures(session, campaign_cache, sums)
    yield from _letters(session, now)
    yield from _mails(session, now)
    standing = read_worker_health(session, now)
    running = len(standing.running_workers)
    yield Gauge("campaign_workers", "Workers that were seen lately.", values=[((), running)])
    if standing.workers:
        silent = (now - standing.workers[0].seen_at).total_seconds()
        meaning = "Since the worker that was seen last was seen."
        yield Gauge("campaign_worker_heartbeat_age_seconds", meaning, values=[((), silent)])
    failing = Gauge("campaign_task_failing_seconds", "Since a worker's task fails.", ("task",))
    for failure in standing.failures:
        failing.values.append(((failure.task,), (now - failure.since).total_seconds()))
    yield failing


def replica_gauges(replica: ReplicaHealth | None) -> Iterator[Gauge]:
    """Yield how a replica is, if there is one; nothing of its lag if it does not answer."""
    if replica is None:
        return
    meaning = "Whether the replica answers and is not too far behind: 1 or 0."
    yield Gauge("campaign_replica_usable", meaning, values=[((), float(replica.is_usable))])
    if replica.lag is not None:
        lag = replica.lag.total_seconds()
        yield Gauge("campaign_replica_lag_seconds", "How far it is behind.", values=[((), lag)])


def _signatures(session: Session, campaign_cache: CampaignCache, sums: TotalsCache) -> Gauge:
    found = Gauge("campaign_signatures", "Signatures by state.", ("campaign", "state"))
    for loaded in campaign_cache.all(session):
        states = sums.signatures_by_state(session, loaded.campaign_id)
        total = counts.total(session, loaded.campaign_id)
        found.values.append(((loaded.slug, SignatureState.CONFIRMED), total))
        held = states.get((SignatureState.CONFIRMED, True), 0)
        found.values.append(((loaded.slug, "held"), held))
        for state in SignatureState:
            if state is not SignatureState.CONFIRMED:
                number = states.get((state, True), 0) + states.get((state, False), 0)
                found.values.append(((loaded.slug, state), number))
    return found


def _letters(session: Session, now: datetime) -> Iterator[Gauge]:
    depth = Gauge("campaign_letters_queued", "Letters that wait to leave.", ("recipient",))
    age = Gauge(
        "campaign_oldest_queued_letter_age_seconds",
        "Since the letter is due that waits longest.",
        ("recipient",),
    )
    for recipient, number, oldest in queries.queued_letters_by_recipient(session):
        depth.values.append(((recipient,), number))
        age.values.append(((recipient,), max((now - oldest).total_seconds(), 0.0)))
    yield depth
    yield age
    for state in (LetterState.UNCERTAIN, LetterState.BOUNCED, LetterState.REFUSED):
        number = letter_lists.count_in_state(session, state)
        meaning = f"Letters that are {state}, and need a hand."
        yield Gauge(f"campaign_letters_{state}", meaning, values=[((), number)])


def _mails(session: Session, now: datetime) -> Iterator[Gauge]:
    number = queries.count_queued_mails(session, held=False)
    yield Gauge("campaign_mails_queued", "Mails that wait to leave.", values=[((), number)])
    number = queries.count_queued_mails(session, held=True)
    meaning = "Mails of held submissions, which leave after all others."
    yield Gauge("campaign_mails_held_queued", meaning, values=[((), number)])
    oldest = mails.oldest_due_at(session, now)
    waits = (now - oldest).total_seconds() if oldest else 0.0
    meaning = "Since the mail is due that waits longest; news and what is held may wait."
    yield Gauge("campaign_oldest_due_mail_age_seconds", meaning, values=[((), waits)])
