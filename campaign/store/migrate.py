"""Migrations, run by code and not by a configuration file."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from campaign.store.db import Database


def config_for(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def is_current(database: Database) -> bool:
    """Say whether all migrations have been run."""
    with database.engine.connect() as connection:
        there = MigrationContext.configure(connection).get_current_heads()
        wanted = ScriptDirectory.from_config(config_for(connection)).get_heads()
    return set(there) == set(wanted)


def upgrade(database: Database, revision: str = "head") -> None:
    with _changing(database) as connection:
        command.upgrade(config_for(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with _changing(database) as connection:
        command.downgrade(config_for(connection), revision)


@contextmanager
def _changing(database: Database) -> Iterator[Connection]:
    """Give a connection in one transaction, in which SQLite may make a table anew.

    A table that others refer to can be dropped and made anew only while foreign keys are
    off; they are looked at before the end instead (https://sqlite.org/lang_altertable.html,
    section 7).
    """
    with database.write_engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
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
