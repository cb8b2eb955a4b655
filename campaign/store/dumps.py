"""A whole database as one file, taken while it is in use, and put back."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select

from campaign.errors import BackupError
from campaign.store.rows import SignatureRow

if TYPE_CHECKING:
    from sqlalchemy import URL

    from campaign.store.db import Database


def dump(database: Database, path: Path) -> None:
    """Write the database, as it is at one moment, into a new file.

    SQLite by its own backup interface (https://sqlite.org/backup.html), PostgreSQL by pg_dump.
    """
    if database.engine.dialect.name == "sqlite":
        with sqlite3.connect(path) as target, sqlite3.connect(_file(database)) as source:
            source.backup(target)
        target.close()
        source.close()
        return
    _run(database, "pg_dump", "--format=custom", "--no-owner", f"--file={path}")


def load(database: Database, path: Path) -> None:
    """Put a dump back in place of what the database has; raise BackupError if it is none."""
    if database.engine.dialect.name == "sqlite":
        _must_be_whole(path)
        with sqlite3.connect(path) as source, sqlite3.connect(_file(database)) as target:
            source.backup(target)
        source.close()
        target.close()
        return
    _run(
        database,
        "pg_restore",
        *("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"),
        str(path),
    )


def has_signatures(database: Database) -> bool:
    """Say whether there is something that a restore would overwrite."""
    if not inspect(database.engine).has_table(SignatureRow.__tablename__):
        return False
    with database.reading() as session:
        return bool(session.scalar(select(func.count()).select_from(SignatureRow)))


def _file(database: Database) -> str:
    return database.engine.url.database or ""


def _must_be_whole(path: Path) -> None:
    try:
        with sqlite3.connect(path) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"the database in the backup is broken: {error}") from None
    if said != "ok":
        raise BackupError(f"the database in the backup is broken: {said}")


def _run(database: Database, program: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL; the password goes by a file, where nobody else reads it.

    https://www.postgresql.org/docs/current/libpq-pgpass.html
    """
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is needed, of the server's version: it comes with PostgreSQL")
    with TemporaryDirectory(prefix="campaign-") as folder:
        address = _address(database.engine.url, Path(folder) / "passwords")
        done = subprocess.run(  # noqa: S603 - a tool with arguments of ours
            [found, f"--dbname={address}", *arguments], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BackupError(f"{program} failed: {last}")


def _address(url: URL, passwords: Path) -> str:
    """Return the database's address without its password, which goes into a file of its own."""
    if url.password:
        escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        passwords.touch(mode=0o600)
        passwords.write_text(f"*:*:*:*:{escaped}\n")
        url = url.update_query_dict({"passfile": str(passwords)})
    return url.set(drivername="postgresql", password="").render_as_string(hide_password=False)
