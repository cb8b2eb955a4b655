"""Which migrations a database has had, told without loading them: web servers have no use for more.

A migration may say `STOP_FIRST = True`: processes of the version before cannot use its tables. A
server that is started while such a migration runs waits for it, and requests wait with it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.store.database import Database

MAX_WAIT = 600.0
"""Seconds that a server waits for a migration, before it starts all the same."""

POLL_SECONDS = 0.2

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest_revision() -> str:
    """Return the newest migration of this version: its file's name starts with its number."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def wait_for_migrations(
    database: Database,
    sleep: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> bool:
    """Wait while the database lacks migrations of this version; False if that takes too long.

    An empty database, one that cannot be reached, and one of a later version are not waited for.
    """
    until, newest = now() + MAX_WAIT, newest_revision()
    while _revision(database, newest) < newest:
        if now() > until:
            return False
        sleep(POLL_SECONDS)
    return True


def _revision(database: Database, otherwise: str) -> str:
    try:
        with database.engine.connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return otherwise
    return str(found) if found else otherwise
