"""Migrations, run by code and not by a configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from campaign.store.db import Database


def config_for(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    with database.write_engine.begin() as connection:
        command.upgrade(config_for(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.write_engine.begin() as connection:
        command.downgrade(config_for(connection), revision)
