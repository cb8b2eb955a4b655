"""A connection that has become useless is not used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from campaign.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    made = Database(sqlite_url)
    yield made
    made.close()


def test_a_connection_that_can_only_read_is_replaced(database: Database) -> None:
    # As SQLite leaves it when it was opened on a disk that could only be read then.
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(OperationalError, match="readonly"):
        write(database)
    write(database)


def test_a_statement_that_is_wrong_costs_no_connection(database: Database) -> None:
    with database.engine.connect() as connection:
        first = connection.connection.driver_connection
    with pytest.raises(OperationalError), database.writing() as session:
        session.execute(text("DELETE FROM nothing_here"))
    with database.engine.connect() as connection:
        assert connection.connection.driver_connection is first


def write(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("DELETE FROM suppressed_addresses"))
