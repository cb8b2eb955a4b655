"""Counters of previews: one more, and the totals by day and source."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.signing.rows import PreviewCountRow
from campaign.store.sql import insert_of_dialect

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Insert
    from sqlalchemy.orm import Session

_KEY = ("campaign_id", "day", "source", "shard")


def add(connection: Connection, campaign_id: int, day: date, source: str, shard: int) -> None:
    """Count one more preview."""
    key = {"campaign_id": campaign_id, "day": day, "source": source, "shard": shard}
    connection.execute(_one_more(connection.dialect.name), {**key, "previews": 1})


@cache
def _one_more(dialect: str) -> Insert:
    """Return the statement; to put it together takes longer than to execute it."""
    return insert_of_dialect(dialect, PreviewCountRow).on_conflict_do_update(
        index_elements=[getattr(PreviewCountRow, name) for name in _KEY],
        set_={"previews": PreviewCountRow.previews + 1},
    )


def by_day_and_source(
    session: Session, campaign_id: int, first: date
) -> dict[tuple[date, str], int]:
    """Return the number of previews since a day."""
    of = PreviewCountRow
    statement = (
        select(of.day, of.source, func.sum(of.previews))
        .where(of.campaign_id == campaign_id, of.day >= first)
        .group_by(of.day, of.source)
    )
    return {(day, source): int(number) for day, source, number in session.execute(statement)}
