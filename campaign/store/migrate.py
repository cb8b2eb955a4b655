"""Migrations, run from code without a configuration file.

Alembic is imported only by the functions that need it: all other commands take less memory.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from campaign.errors import NotFound
from campaign.store.database import database_error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config
    from sqlalchemy import Connection

    from campaign.store.database import Database


LOCK_SECONDS = 2
"""How long a migration waits for a table in use, with all others queueing behind it."""

MAX_ATTEMPTS, RETRY_SECONDS = 60, 0.5

_IN_USE = {"55P03", "40P01"}
"""Lock not available in that time, or deadlock (PostgreSQL, appendix A)."""


def alembic_config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def is_current(database: Database) -> bool:
    """Return whether all migrations have been run."""
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    with database.engine.connect() as connection:
        there = MigrationContext.configure(connection).get_current_heads()
        wanted = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    return set(there) == set(wanted)


def upgrade(database: Database, revision: str = "head") -> None:
    """Upgrade the tables to a revision; raise NotFound if the revision is unknown."""
    from alembic import command  # noqa: PLC0415

    _run(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Downgrade the tables to a revision; raise NotFound if the revision is unknown."""
    from alembic import command  # noqa: PLC0415

    _run(database, command.downgrade, revision)


def _run(database: Database, change: Callable[[Config, str], None], revision: str) -> None:
    """Migrate a site that may be in use: completely, or not at all and then retry."""
    for tries_left in reversed(range(MAX_ATTEMPTS)):
        try:
            with _changing(database) as connection, _known_revisions():
                change(alembic_config(connection), revision)
        except OperationalError as error:
            if not tries_left or database_error_code(error) not in _IN_USE:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


@contextmanager
def _known_revisions() -> Iterator[None]:
    from alembic.util.exc import CommandError  # noqa: PLC0415

    try:
        yield
    except CommandError as error:
        raise NotFound(str(error)) from error


@contextmanager
def _changing(database: Database) -> Iterator[Connection]:
    """Open a connection with one transaction, in which SQLite can rebuild tables.

    A table that others refer to can be dropped and created again only while foreign keys are
    off; they are checked before the commit instead (https://sqlite.org/lang_altertable.html,
    section 7).
    """
    with database.write_engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                # Every later statement waits behind one that waits for a table.
                connection.execute(
                    select(func.set_config("lock_timeout", f"{LOCK_SECONDS}s", True))
                )
                yield connection
            return
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                assert not broken, f"rows refer to rows that are gone: {broken[:3]}"
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
