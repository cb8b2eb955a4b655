"""Letters that leave one after another are found in their order, however many wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from campaign.delivery.queries.attempts import Actor
from campaign.delivery.queries.claiming import SitePace, claim_letters

if TYPE_CHECKING:
    from campaign.container import Container


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def test_the_next_letters_are_read_from_an_index_and_not_sorted(container: Container) -> None:
    plan: list[str] = []

    @event.listens_for(container.database.engine, "before_cursor_execute")
    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT letters"):
            cursor.execute(f"EXPLAIN {statement}", values)
            plan.extend(row[0] for row in cursor.fetchall())

    with container.database.writing() as session:
        # As it would be with many: to read and sort a table of none is cheaper.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        claim_letters(session, Actor("test", "memory"), container.clock(), 25, SitePace(live=False))
    assert any("ix_letters_due" in line for line in plan), plan
    assert not any("Sort" in line for line in plan), plan
