"""A server waits for a migration that runs, and for nothing else."""

from __future__ import annotations

from campaign.store import migrate, revision
from campaign.store.database import Database
from campaign.store.revision import POLL_SECONDS, newest_revision, wait_for_migrations


def test_a_server_waits_until_the_tables_are_those_of_its_version(database_url: str) -> None:
    database, waited = Database(database_url), list[float]()
    migrate.downgrade(database, "0022")

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            migrate.upgrade(database)

    assert wait_for_migrations(database, sleep)
    assert waited == [POLL_SECONDS] * 3
    database.close()


def test_a_server_does_not_wait_for_ever(database_url: str) -> None:
    database, seconds = Database(database_url), iter(range(0, 10_000, 100))
    migrate.downgrade(database, "0022")
    assert not wait_for_migrations(database, lambda _: None, lambda: float(next(seconds)))
    database.close()


def test_a_server_does_not_wait_where_nothing_is_coming(sqlite_url: str) -> None:
    for url in (sqlite_url, f"{sqlite_url}.new", "sqlite:////nowhere/campaign.sqlite3"):
        database = Database(url)
        assert wait_for_migrations(database, sleep_is_an_error)
        database.close()


def sleep_is_an_error(_: float) -> None:
    raise AssertionError("it waits")


def test_the_newest_revision_is_the_one_that_alembic_knows(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert migrate.is_current(database)
    assert revision._revision(database, "") == newest_revision()
    database.close()
