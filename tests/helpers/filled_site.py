"""A site that an earlier version filled: its database before a migration, and what it had mailed.

`tests/store/filled/NUMBER.sql.xz` is the database at the revision NUMBER, as SQLite dumps it, and
the file beside it says which links, codes and return paths were in the mails. Letters and mails
are in it in every state that the version before left them in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import sqlite3
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Date, DateTime, MetaData, Time, Uuid, insert, text

from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Table
    from sqlalchemy.types import TypeEngine

    from campaign.store.database import Database

FILLED = Path(__file__).parent.parent / "store" / "filled"


def _key(number: int) -> str:
    made = hashlib.sha256(f"made up for tests {number}".encode()).digest()
    return base64.b64encode(made).decode()


KEYS = {
    "CAMPAIGN_SEALING_KEYS": _key(1),
    "CAMPAIGN_TOKEN_KEYS": _key(2),
    "CAMPAIGN_IDENTITY_KEY": _key(3),
}
"""The keys that the site was filled with."""

_READ: dict[type[TypeEngine[Any]], Callable[[Any], Any]] = {
    Uuid: lambda value: UUID(hex=value),
    DateTime: lambda value: datetime.fromisoformat(value).replace(tzinfo=UTC),
    Date: date.fromisoformat,
    Time: time.fromisoformat,
    Boolean: bool,
    JSON: json.loads,
}


def mailed(revision: str) -> dict[str, Any]:
    """Return what the site's mails said: links, codes, return paths."""
    facts: dict[str, Any] = json.loads((FILLED / f"{revision}.json").read_text())
    return facts


def fill(database: Database, revision: str) -> None:
    """Put the site into a database that has only a campaign: first the tables go back."""
    migrate.downgrade(database, revision)
    dump = sqlite3.connect(":memory:")
    dump.executescript(lzma.decompress((FILLED / f"{revision}.sql.xz").read_bytes()).decode())
    dump.row_factory = sqlite3.Row
    with database.write_engine.begin() as connection:
        tables = _tables(connection)
        for table in reversed(tables):
            # The log takes no deletions, not even of nothing.
            if table.name != "log_entries":
                connection.execute(table.delete())
        for table in tables:
            rows = [_row(table, row) for row in dump.execute(f"SELECT * FROM {table.name}")]  # noqa: S608 - ours
            if rows:
                connection.execute(insert(table), rows)
        if connection.dialect.name == "postgresql":
            _continue_numbers(connection, tables)
    dump.close()


Contents = dict[str, list[tuple[Any, ...]]]
"""The rows of each table, with the columns in the order of their names."""


def contents(database: Database) -> Contents:
    with database.write_engine.begin() as connection:
        found = {}
        for table in _tables(connection):
            columns = sorted(table.columns, key=lambda column: column.name)
            rows = connection.execute(table.select().with_only_columns(*columns))
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        return found


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _row(table: Table, row: sqlite3.Row) -> dict[str, Any]:
    return {column.name: _value(column.type, row[column.name]) for column in table.columns}


def _value(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    for known, read in _READ.items():
        if isinstance(kind, known):
            return read(value)
    # SQLite keeps a UUID as the text of its digits.
    return value


def _continue_numbers(connection: Connection, tables: list[Table]) -> None:
    """Let PostgreSQL number new rows after those that are there."""
    for table in tables:
        for column in _numbered(table):
            connection.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence(:table, :column),"  # noqa: S608 - ours
                    f" (SELECT coalesce(max({column}), 1) FROM {table.name}))"
                ),
                {"table": table.name, "column": column},
            )


def _numbered(table: Table) -> Iterator[str]:
    for column in table.primary_key.columns:
        if "nextval" in str(getattr(column.server_default, "arg", "")):
            yield column.name
