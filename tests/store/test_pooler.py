"""What a pooler in transaction mode asks of the site, and what its configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from campaign.settings.settings import BASE_DIR
from campaign.store.database import Database
from campaign.store.sqlite import BUSY_MILLISECONDS

if TYPE_CHECKING:
    from pathlib import Path


def test_sqlite_does_without_prepared_statements_of_a_server(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/site.sqlite3", prepared_statements=False)
    with database.reading() as session:
        assert session.scalar(select(1)) == 1
    database.close()


def test_a_pooler_gets_no_prepared_statements(postgresql_url: str) -> None:
    def prepared(database: Database) -> int:
        with database.engine.connect() as connection:
            for _ in range(10):
                connection.exec_driver_sql("SELECT 1 + %s", (1,))
            found = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
            return int(found.scalar_one())

    usual, pooled = Database(postgresql_url), Database(postgresql_url, prepared_statements=False)
    assert prepared(usual) > 0
    assert prepared(pooled) == 0
    usual.close()
    pooled.close()


def test_the_pooler_lends_connections_that_wait_for_locks_as_long_as_our_own() -> None:
    text = (BASE_DIR / "deploy" / "pgbouncer" / "campaign.ini").read_text("utf-8")
    assert f"connect_query='SET lock_timeout = {BUSY_MILLISECONDS}'" in text
