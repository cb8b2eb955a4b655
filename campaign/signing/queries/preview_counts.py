"""Counters of previews: one more, and the totals by day and source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from campaign.signing.rows import PreviewCountRow
from campaign.store.sql import insert_of_dialect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from campaign.signing.preview_counter import PreviewKey

_KEY = ("campaign_id", "day", "source", "shard")


def add(connection: Connection, counted: Mapping[PreviewKey, int]) -> None:
    """Count more previews."""
    rows = [{**key._asdict(), "previews": number} for key, number in sorted(counted.items())]
    statement = insert_of_dialect(connection.dialect.name, PreviewCountRow)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[getattr(PreviewCountRow, name) for name in _KEY],
            set_={"previews": PreviewCountRow.previews + statement.excluded.previews},
        ),
        rows,
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


def delete_of_campaign(session: Session, campaign_id: int) -> None:
    """Forget the previews of a campaign that is about to be deleted."""
    session.execute(delete(PreviewCountRow).where(PreviewCountRow.campaign_id == campaign_id))
