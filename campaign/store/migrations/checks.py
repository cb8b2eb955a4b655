"""Change the checks of a table, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable


def set_choices(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let `column` hold one of the values; rows that hold another one must be gone."""
    listed = ", ".join(f"'{value}'" for value in values)
    name = f"ck_{table}_{column}"
    drop_checks(table, name)
    add_checks(table, {name: f"{column} IN ({listed})"})


def add_checks(table: str, checks: dict[str, str]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        lines = "".join(f",\n\tCONSTRAINT {name} CHECK ({check})" for name, check in checks.items())
        rebuild(table, lambda made: f"{made[: made.rindex(')')].rstrip()}{lines}\n)")
        return
    for name, check in checks.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})")


def drop_checks(table: str, *names: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in names:
            rebuild(table, lambda made, name=name: _without(made, name))  # type: ignore[misc]
        return
    for name in names:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def rebuild(table: str, change: Callable[[str], str]) -> None:
    """Make a table anew from its own changed text: SQLite cannot change a check.

    Every other constraint stays as it was; the steps are those of
    https://sqlite.org/lang_altertable.html, section 7.
    """
    connection = op.get_bind()
    kept = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    (made,) = (sql for kind, sql in kept if kind == "table")
    body = change(made)[made.index("(") :]
    connection.exec_driver_sql(f"CREATE TABLE {table}_anew {body}")
    connection.exec_driver_sql(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608 - names of ours
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for kind, sql in kept:
        if kind == "index":
            connection.exec_driver_sql(sql)


def _without(made: str, name: str) -> str:
    """Return a table's text without one check."""
    start = made.index(f"CONSTRAINT {name} CHECK (")
    end = _end_of_brackets(made, made.index("(", start)) + 1
    return f"{made[:start].rstrip().removesuffix(',')}{made[end:]}"


def _end_of_brackets(text: str, start: int) -> int:
    """Return where the bracket that opens at `start` is closed."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError("brackets are not closed")
