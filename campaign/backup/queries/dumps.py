"""Dump a whole database into one file while it is in use, and load it again."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select
from sqlalchemy.dialects.postgresql import OID

from campaign.errors import BackupError, DiskFull
from campaign.signatures.rows import SignatureRow
from campaign.store import pending_restore
from campaign.store.database import Database
from campaign.store.disk_space import is_disk_full, says_disk_full
from campaign.store.private_files import ensure_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from campaign.store.pending_restore import PendingRestore


def dump_database(database: Database, path: Path) -> None:
    """Write a consistent snapshot of the database into a new file.

    SQLite with its own backup interface (https://sqlite.org/backup.html), PostgreSQL with pg_dump.
    """
    if database.sqlite_path is not None:
        _copy(database.sqlite_path, path)
        return
    # A restore leaves alone what is not in the dump, and so the marker that it sets.
    without = f"--exclude-table={pending_restore.TABLE.name}"
    _run(database, "pg_dump", "--format=custom", "--no-owner", without, f"--file={path}")


@contextmanager
def open_dump(path: Path) -> Iterator[Database]:
    """Open a dump of SQLite as a database; raise BackupError if it is not one."""
    _must_be_whole(path)
    copy = Database(f"sqlite:///{path}")
    try:
        yield copy
    finally:
        copy.close()


def load_dump(database: Database, path: Path, begun: PendingRestore) -> None:
    """Replace the database's contents with a dump, completely or not at all, marked as pending.

    Raise BackupError if it is not a dump, DiskFull if there is no room. However this ends, the
    database is as it was or carries the marker.
    """
    if database.sqlite_path is not None:
        with open_dump(path) as copy:
            pending_restore.set_pending(copy.engine, begun)
        _copy(path, database.sqlite_path)
        return
    before, tables = pending_restore.set_pending(database.engine, begun), _tables(database)
    try:
        _run(
            database,
            "pg_restore",
            *("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"),
            str(path),
        )
    except BackupError:
        # The connection may have been lost after the commit: only the tables show it.
        if _tables(database) == tables:
            pending_restore.reset_pending(database.engine, before)
        raise


def _tables(database: Database) -> object:
    """Return a value that changes when a dump is loaded: PostgreSQL's OID of a table."""
    with database.engine.connect() as connection:
        return connection.scalar(select(func.to_regclass(SignatureRow.__tablename__).cast(OID)))


def has_signatures(database: Database) -> bool:
    """Return whether there are signatures that a restore would overwrite."""
    if not inspect(database.engine).has_table(SignatureRow.__tablename__):
        return False
    with database.reading() as session:
        return bool(session.scalar(select(func.count()).select_from(SignatureRow)))


def _copy(source: Path, target: Path) -> None:
    """Copy one SQLite database over another, in a single transaction."""
    try:
        ensure_private_file(target)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except (OSError, sqlite3.Error) as error:
        if is_disk_full(error):
            raise DiskFull(target) from None
        raise BackupError(f"the database could not be copied to {target}: {error}") from None


def _must_be_whole(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        if is_disk_full(error):
            raise DiskFull(path.parent) from None
        raise BackupError(f"the database in the backup is broken: {error}") from None
    if said != "ok":
        raise BackupError(f"the database in the backup is broken: {said}")


def _run(database: Database, program: str, *arguments: str) -> None:
    """Run a PostgreSQL tool; the password is passed in a file that nobody else can read.

    https://www.postgresql.org/docs/current/libpq-pgpass.html
    """
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is needed, of the server's version: it comes with PostgreSQL")
    with TemporaryDirectory(prefix="campaign-") as folder:
        address = _address(database.engine.url, Path(folder) / "passwords")
        done = subprocess.run(  # noqa: S603 - a tool with arguments of ours
            # In English, so that its errors can be recognised.
            ["/usr/bin/env", "LC_ALL=C", found, f"--dbname={address}", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        if says_disk_full(done.stderr):
            raise DiskFull("the database, or of its copy,")
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BackupError(f"{program} failed: {last}")


def _address(url: URL, passwords: Path) -> str:
    """Return the database's URL without its password, which goes into a file of its own."""
    if url.password:
        escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        passwords.touch(mode=0o600)
        passwords.write_text(f"*:*:*:*:{escaped}\n")
        url = url.update_query_dict({"passfile": str(passwords)})
    return url.set(drivername="postgresql", password="").render_as_string(hide_password=False)
