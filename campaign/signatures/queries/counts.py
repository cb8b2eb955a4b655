"""The counters: one source for the page, the public file, exports and the check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, null, select, type_coerce, union_all

from campaign.campaigns.rows import CampaignRow, RevisionRow
from campaign.signatures.rows import CountRow, EventRow, SignatureRow
from campaign.signatures.rules.counts import NO_FILTER, Dimension, shard_of
from campaign.signatures.rules.signature import Origin
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, Row, Select
    from sqlalchemy.orm import Session

    from campaign.signatures.rules.counts import CountFilter

_COLUMNS: dict[Dimension, ColumnElement[Any]] = {
    Dimension.GOVERNMENT: CountRow.government.expression,
    Dimension.DAY: CountRow.day.expression,
    Dimension.LANGUAGE: CountRow.language.expression,
    Dimension.REVISION: RevisionRow.digest.expression,
    Dimension.WORDING: RevisionRow.wording.expression,
    Dimension.ORIGIN: CountRow.origin.expression,
    Dimension.SOURCE: CountRow.source.expression,
}
_KEY = (
    "campaign_id",
    "revision_id",
    "government",
    "language",
    "day",
    "origin",
    "source",
)


def adjust(session: Session, row: SignatureRow, effect: int) -> None:
    """Change the signature's counter: the last statement of the event's transaction.

    Last, because the counter's row lock is then held for the shortest time.
    """
    adjust_all(session, [(row, effect)])


def adjust_all(session: Session, effects: Iterable[tuple[SignatureRow, int]]) -> None:
    """Change the counters of several signatures, each once and in one order.

    In one order, so that two such transactions never deadlock.
    """
    changes: Counter[tuple[Any, ...]] = Counter()
    for row, effect in effects:
        if effect:
            changes[_counter_key(row)] += effect
    session.flush()
    if left := {key: change for key, change in changes.items() if change}:
        _add(session, left)


def find_sharded(session: Session, before: date, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the keys of counters whose day is over and that still have several shards."""
    columns = [getattr(CountRow, name) for name in _KEY]
    over = (CountRow.day < before, CountRow.shard > 0)
    return session.execute(select(*columns).where(*over).distinct().limit(most)).all()


def merge_shards(session: Session, key: Sequence[Any]) -> None:
    """Merge a counter's shards into its first one, in a transaction of its own.

    Once its day is over nobody queues there, and reading the counts becomes faster. A change
    that comes later goes to its own shard again.
    """
    # Locked in the order of `adjust_all`; before that the first shard may have to be created.
    first = (*key, 0)
    _add(session, {first: 0})
    others = [getattr(CountRow, name) == one for name, one in zip(_KEY, key, strict=True)]
    others.append(CountRow.shard > 0)
    locked = select(CountRow.shard).where(*others).order_by(CountRow.shard).with_for_update()
    session.execute(locked).all()
    gone = session.scalars(delete(CountRow).where(*others).returning(CountRow.signatures))
    _add(session, {first: sum(gone)})


def _add(session: Session, changes: Mapping[tuple[Any, ...], int]) -> None:
    values = [
        dict(zip((*_KEY, "shard"), key, strict=True)) | {"signatures": change}
        for key, change in sorted(changes.items())
    ]
    statement = dialect_insert(session, CountRow)
    changed = statement.on_conflict_do_update(
        index_elements=[*_KEY, "shard"],
        set_={"signatures": CountRow.signatures + statement.excluded.signatures},
    )
    session.connection().execute(changed, values)


def _counter_key(row: SignatureRow) -> tuple[Any, ...]:
    return (
        *(row.counted_day if name == "day" else getattr(row, name) for name in _KEY),
        shard_of(row.id),
    )


def total(session: Session, campaign_id: int) -> int:
    """Return the headline count: online, confirmed, not held, of all revisions."""
    statement = select(func.coalesce(func.sum(CountRow.signatures), 0)).where(
        CountRow.campaign_id == campaign_id, CountRow.origin == Origin.ONLINE
    )
    return int(session.execute(statement).scalar_one())


def totals(session: Session) -> dict[int, int]:
    """Return the headline count of each campaign that has one, as `total` does of one."""
    statement = select(CountRow.campaign_id, func.sum(CountRow.signatures))
    statement = statement.where(CountRow.origin == Origin.ONLINE).group_by(CountRow.campaign_id)
    return {row[0]: int(row[1]) for row in session.execute(statement)}


def count_by(
    session: Session,
    campaign_id: int,
    by: Sequence[Dimension],
    only: CountFilter = NO_FILTER,
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Yield (values of the dimensions, signatures), ordered by the dimensions; zeros are left out.

    If the origin is neither among the dimensions nor filtered by, only online signatures
    are counted: paper and imported ones are shown next to the headline count, never in it.
    """
    for row in session.execute(_grouped(campaign_id, by, only)):
        yield tuple(row[:-1]), int(row[-1])


def count_groups(
    session: Session, campaign_id: int, by: Sequence[Dimension], only: CountFilter
) -> int:
    """Return how many rows `count_by` yields."""
    grouped = _grouped(campaign_id, by, only).order_by(None).subquery()
    return session.execute(select(func.count()).select_from(grouped)).scalar_one()


def _grouped(
    campaign_id: int | BindParameter[int], by: Sequence[Dimension], only: CountFilter
) -> Select[*tuple[Any]]:
    columns = [_COLUMNS[dimension] for dimension in by]
    signatures = func.sum(CountRow.signatures)
    statement = select(*columns, signatures.label("signatures"))
    if {Dimension.REVISION, Dimension.WORDING} & {*by} or only.revision or only.wording:
        statement = statement.join(RevisionRow, CountRow.revision_id == RevisionRow.id)
    return (
        statement.where(CountRow.campaign_id == campaign_id, *_conditions(by, only))
        .group_by(*columns)
        .having(signatures != 0)
        .order_by(*columns)
    )


def _conditions(by: Sequence[Dimension], only: CountFilter) -> Iterator[ColumnElement[bool]]:
    if only.government:
        yield CountRow.government == only.government
    if only.language:
        yield CountRow.language == only.language
    if only.revision:
        yield RevisionRow.digest == only.revision
    if only.wording:
        yield RevisionRow.wording == only.wording
    if only.source is not None:
        yield CountRow.source == only.source
    if only.first is not None:
        yield CountRow.day >= only.first
    if only.last is not None:
        yield CountRow.day <= only.last
    if only.origin is not None or Dimension.ORIGIN not in by:
        yield CountRow.origin == (only.origin or Origin.ONLINE)


def by_government_and_day(
    session: Session, campaign_id: int
) -> tuple[dict[str, int], dict[date, int]]:
    """Return the online signatures by government and by day; zeros are left out.

    Both from one query of the counters, whose number grows with each day.
    """
    found = session.execute(_public(), {"campaign": campaign_id}).all()
    by_government = {code: int(signatures) for code, _, signatures in found if code is not None}
    by_day = {day: int(signatures) for _, day, signatures in found if day is not None}
    return by_government, dict(sorted(by_day.items()))


@cache
def _public() -> CompoundSelect[*tuple[Any, ...]]:
    by = [Dimension.GOVERNMENT, Dimension.DAY]
    crossed = _grouped(bindparam("campaign"), by, NO_FILTER).order_by(None).cte()
    government, day = crossed.c.government, crossed.c.day
    number = func.sum(crossed.c.signatures)
    no_day = type_coerce(null(), day.type)
    return union_all(
        select(government, no_day, number).group_by(government).having(number != 0),
        select(null(), day, number).group_by(day).having(number != 0),
    )


def revisions_signed_in(
    session: Session, campaign_id: int, government: str
) -> list[tuple[str, str]]:
    """Return (digest, document) of each revision that a government's counts contain."""
    statement = (
        select(RevisionRow.digest, RevisionRow.document)
        .join(CountRow, CountRow.revision_id == RevisionRow.id)
        .where(CountRow.campaign_id == campaign_id, CountRow.government == government)
        .group_by(RevisionRow.digest, RevisionRow.document)
        .having(func.sum(CountRow.signatures) != 0)
        .order_by(RevisionRow.digest)
    )
    return [(digest, document) for digest, document in session.execute(statement)]


@dataclass(frozen=True)
class CounterMismatch:
    """A counter that differs from the events."""

    campaign: str
    key: tuple[Any, ...]
    counted: int
    from_events: int


def find_mismatches(session: Session) -> list[CounterMismatch]:
    """Recompute all counters from the events and return those that differ."""
    counted = _sums(session, CountRow, CountRow.day, CountRow.signatures)
    from_events = _sums(session, SignatureRow, EventRow.day, EventRow.effect)
    slugs = {row.id: row.slug for row in session.execute(select(CampaignRow.id, CampaignRow.slug))}
    return [
        CounterMismatch(slugs[key[0]], key[1:], counted.get(key, 0), from_events.get(key, 0))
        for key in sorted(counted.keys() | from_events.keys())
        if counted.get(key, 0) != from_events.get(key, 0)
    ]


def _sums(session: Session, table: Any, day: Any, value: Any) -> dict[tuple[Any, ...], int]:
    columns = [day if name == "day" else getattr(table, name) for name in _KEY]
    statement = select(*columns, func.sum(value)).group_by(*columns)
    if table is SignatureRow:
        statement = statement.join_from(
            EventRow, SignatureRow, EventRow.signature_id == SignatureRow.id
        )
    return {tuple(row[:-1]): int(row[-1]) for row in session.execute(statement)}
