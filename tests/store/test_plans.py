"""Queries that run all the time take the index that was made for them, on SQLite too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from campaign.delivery.queries import mails, queue
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.claiming import SitePace, claim_held_mails, claim_mails
from campaign.exports.queries import records
from campaign.exports.queries.records import SignatureExportFilter
from campaign.moderation.queries import trends
from campaign.signatures.queries import signatures
from campaign.signatures.queries.statistics import confirmed_by_hour
from campaign.signatures.rules.signature import SignatureState
from campaign.store.database import Database
from tests.clock import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

QUERIES: dict[str, tuple[Callable[[Session], Any], str]] = {
    "mails that are due": (
        lambda session: claim_mails(session, Actor("test", ""), START, 10, SitePace(live=False)),
        "ix_outgoing_queued",
    ),
    "mails of held submissions that are due": (
        lambda session: claim_held_mails(
            session, Actor("test", ""), START, 10, SitePace(live=False)
        ),
        "ix_outgoing_queued_held",
    ),
    "leases that are over": (
        lambda session: queue.expire_leases(session, START, 10),
        "ix_outgoing_claimed",
    ),
    "the mail that waits longest": (
        lambda session: mails.oldest_due_at(session, START),
        "ix_outgoing_queued",
    ),
    "signatures to remind": (
        lambda session: signatures.lock_pending_before(session, START, 10),
        "ix_signatures_pending_created_at",
    ),
    "names that may be shown": (
        lambda session: signatures.list_signatories(session, 1, None, 0, 100),
        "ix_signatures_shown",
    ),
    "signatures on their way out": (
        lambda session: next(records.stream_signatures(session, 1, SignatureExportFilter()), None),
        "ix_signatures_created",
    ),
    "an hour of the curve": (
        lambda session: confirmed_by_hour(session, 1, 1, START),
        "ix_signatures_state",
    ),
}


@pytest.mark.parametrize("what", QUERIES)
def test_a_query_takes_its_index(sqlite_url: str, what: str) -> None:
    ask, index = QUERIES[what]
    plans = plans_of(sqlite_url, ask)
    assert any(index in step for step in plans), plans
    assert not any("TEMP B-TREE" in step for step in plans), plans


def test_what_is_grouped_is_a_part_of_the_signatures_and_not_all(sqlite_url: str) -> None:
    of_late = plans_of(sqlite_url, lambda session: trends.top_sources(session, 1, START, 5))
    assert any("ix_signatures_created" in step for step in of_late), of_late
    held = plans_of(
        sqlite_url,
        lambda session: trends.count_held_by_reason(session, 1, SignatureState.CONFIRMED),
    )
    assert any("held=?" in step for step in held), held


def plans_of(url: str, ask: Callable[[Session], Any]) -> list[str]:
    """Return how SQLite goes about each question."""
    database = Database(url)
    plans: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(str(step[3]) for step in cursor.fetchall())

    with database.writing() as session:
        ask(session)
    database.close()
    return plans
