"""SQL that differs between the databases, and the text that it gives."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.compiler import SQLCompiler

    from campaign.store.base import Base

_PARTS_OF_AN_ID = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


class Timestamp(str):
    """A timestamp in UTC, to the second, in the format of RFC 3339: 2000-09-18T09:30:00Z."""

    __slots__ = ()

    def to_datetime(self) -> datetime:
        return datetime.fromisoformat(self)


class _Written(UserDefinedType[Timestamp]):
    cache_ok = True

    def result_processor(
        self, _dialect: Dialect, _coltype: object
    ) -> Callable[[str | None], Timestamp | None]:
        return _moment


class timestamp_text(FunctionElement[Timestamp]):  # noqa: N801 - read like a function of SQL
    """A column of points in time, each formatted as a `Timestamp`."""

    inherit_cache = True
    type = _Written()


class uuid_text(FunctionElement[str]):  # noqa: N801 - read like a function of SQL
    """A column of UUIDs, each in the text form of RFC 9562."""

    inherit_cache = True
    type = String()


def _moment(text: str | None) -> Timestamp | None:
    return None if text is None else Timestamp(text)


@compiles(timestamp_text, "postgresql")
def _moment_of_postgresql(element: timestamp_text, compiler: SQLCompiler, **given: Any) -> str:
    column = compiler.process(element.clauses, **given)
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


@compiles(timestamp_text, "sqlite")
def _moment_of_sqlite(element: timestamp_text, compiler: SQLCompiler, **given: Any) -> str:
    column = compiler.process(element.clauses, **given)
    return f"(substr({column}, 1, 10) || 'T' || substr({column}, 12, 8) || 'Z')"


@compiles(uuid_text, "postgresql")
def _identifier_of_postgresql(element: uuid_text, compiler: SQLCompiler, **given: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **given)} AS TEXT)"


@compiles(uuid_text, "sqlite")
def _identifier_of_sqlite(element: uuid_text, compiler: SQLCompiler, **given: Any) -> str:
    column = compiler.process(element.clauses, **given)
    parts = (f"substr({column}, {first}, {length})" for first, length in _PARTS_OF_AN_ID)
    written = " || '-' || ".join(parts)
    return f"({written})"


def dialect_insert(session: Session, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    return insert_of_dialect(session.get_bind().dialect.name, row)


def insert_of_dialect(dialect: str, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can have ON CONFLICT, which is no part of standard SQL."""
    return sqlite.insert(row) if dialect == "sqlite" else postgresql.insert(row)
