"""Change what a check allows, on both databases."""

from __future__ import annotations

from alembic import op


def set_choices(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let `column` hold one of the values; rows that hold another one must be gone."""
    listed = ", ".join(f"'{value}'" for value in values)
    set_check(table, f"ck_{table}_{column}", f"{column} IN ({listed})")


def set_check(table: str, name: str, check: str) -> None:
    """Put another check in the place of the one with that name."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, name, check)
    else:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})")


def _rebuild(table: str, name: str, check: str) -> None:
    """Make a table anew with another check: SQLite cannot change one.

    From the table's own text, so that every other constraint stays as it was; the steps are
    those of https://sqlite.org/lang_altertable.html, section 7.
    """
    connection = op.get_bind()
    kept = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    (made,) = (sql for kind, sql in kept if kind == "table")
    before, _, rest = made.partition(f"CONSTRAINT {name} CHECK (")
    head = before.replace(f'"{table}"', table).replace(
        f"CREATE TABLE {table}", f"CREATE TABLE {table}_anew", 1
    )
    tail = rest[_end_of_brackets(rest) :]
    connection.exec_driver_sql(f"{head}CONSTRAINT {name} CHECK ({check}{tail}")
    connection.exec_driver_sql(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608 - names of ours
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for kind, sql in kept:
        if kind == "index":
            connection.exec_driver_sql(sql)


def _end_of_brackets(text: str) -> int:
    """Return where the bracket that stands open before the text is closed."""
    depth = 1
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return position
    raise ValueError("brackets are not closed")
