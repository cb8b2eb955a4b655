"""Compare the tables of a database with those of the models, and describe the differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Index, inspect
from sqlalchemy.schema import CreateIndex

from campaign.store.all_rows import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Dialect

    from campaign.store.database import Database


@dataclass(frozen=True)
class SchemaDifference:
    """A difference from the models. `is_breaking`: the site would fail or miscount."""

    message: str
    is_breaking: bool = False


def compare_schema(database: Database) -> list[SchemaDifference]:
    """Return how the tables differ from those of this version, once all migrations have run.

    Additional tables and indexes that somebody created are ignored.
    """
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        changes = compare_metadata(context, Base.metadata)
        found = list(_told(changes, connection.dialect))
        return [*found, *_missing_checks(connection)]


def _told(changes: list[Any], dialect: Dialect) -> Iterator[SchemaDifference]:
    for change in changes:
        if isinstance(change, list):
            # The differences of one column come as a list.
            yield from _told(change, dialect)
            continue
        kind, *about = change
        if kind == "add_index":
            yield _missing_index(about[0], dialect)
        elif kind in _SAID:
            yield _SAID[kind](*about)


def _missing_index(index: Index, dialect: Dialect) -> SchemaDifference:
    assert index.table is not None
    makes_it = " ".join(str(CreateIndex(index).compile(dialect=dialect)).split())
    kind = "unique index" if index.unique else "index"
    said = f"{index.table.name} lacks the {kind} {index.name}: run {makes_it}"
    return SchemaDifference(said, is_breaking=bool(index.unique))


def _emptiness(
    _schema: Any, table: str, column: str, _about: Any, there: bool, _: Any
) -> SchemaDifference:
    may = "may" if there else "may not"
    return SchemaDifference(f"{table}.{column} {may} be empty, other than it was made")


def _type(
    _schema: Any, table: str, column: str, _about: Any, there: Any, ours: Any
) -> SchemaDifference:
    return SchemaDifference(f"{table}.{column} is of the type {there!r}, and was made as {ours!r}")


def _lacks(what: str) -> Callable[[Any], SchemaDifference]:
    return lambda one: SchemaDifference(f"{one.table.name} lacks the {what} {one.name}")


def _has(what: str) -> Callable[[Any], SchemaDifference]:
    return lambda one: SchemaDifference(
        f"{one.table.name} has a {what} {one.name} that is not ours"
    )


_SAID: dict[str, Callable[..., SchemaDifference]] = {
    "add_table": lambda one: SchemaDifference(f"the table {one.name} is missing", is_breaking=True),
    "add_column": lambda _, table, one: SchemaDifference(
        f"{table} lacks the column {one.name}", is_breaking=True
    ),
    "remove_column": lambda _, table, one: SchemaDifference(
        f"{table} has a column {one.name} that is not ours"
    ),
    "modify_nullable": _emptiness,
    "modify_type": _type,
    "add_constraint": _lacks("constraint"),
    "remove_constraint": _has("constraint"),
    "add_fk": _lacks("foreign key"),
    "remove_fk": _has("foreign key"),
}
"""By alembic's name of the operation that would fix it (alembic.autogenerate.compare_metadata)."""


def _missing_checks(connection: Connection) -> Iterator[SchemaDifference]:
    """Yield the check constraints that are missing: alembic does not compare them."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name not in there:
            continue
        named = {check["name"] for check in inspector.get_check_constraints(table.name)}
        for one in table.constraints:
            if isinstance(one, CheckConstraint) and one.name not in named:
                yield SchemaDifference(f"{table.name} lacks the check {one.name}")
