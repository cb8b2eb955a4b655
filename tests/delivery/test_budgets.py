"""An hour's budget of mails is kept by any number of workers, whichever of them is first."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from campaign.delivery.queries import claiming
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.budgets import Budget
from campaign.delivery.queries.claiming import SitePace
from tests.helpers.worker_processes import submit_signatures

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock

PACE = SitePace(live=False, budget=Budget(total=3, per_domain=100))


def claimed(container: Container, clock: Clock, worker: str, limit: int) -> int:
    with container.database.writing() as session:
        return len(claiming.claim_mails(session, Actor(worker, ""), clock(), limit, PACE))


def test_two_workers_that_meet_at_the_hours_start_keep_the_budget_between_them(
    container: Container, clock: Clock
) -> None:
    submit_signatures(container, 6, confirm=False)
    clock.advance(days=365)  # the mails were queued by the real clock
    with container.database.writing() as session, ThreadPoolExecutor(max_workers=1) as hands:
        own = claiming.claim_mails(session, Actor("one", ""), clock(), 2, PACE)
        other: Future[int] = hands.submit(claimed, container, clock, "other", 25)
        # It waits for this transaction's end, or has overlooked it by then.
        wait([other], timeout=1)
        session.commit()
        assert (len(own), other.result()) == (2, 1)
    assert claimed(container, clock, "one", 25) == 0
    clock.advance(hours=1)
    assert claimed(container, clock, "one", 25) == 3
