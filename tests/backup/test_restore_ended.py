"""A restore that fails or is killed leaves what was there, or a database that sends nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.backup.queries import dumps
from campaign.errors import BackupError, RestorePending
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.store import migrate, schema
from tests.helpers.backups import (
    BEGUN,
    BackupSetup,
    command_runner,
    is_ready,
    letters,
    mark_restore_begun,
    supporter_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from tests.supporter import Supporter

pytestmark = pytest.mark.long


@pytest.fixture
def safe(tmp_path: Path, command: Callable[..., Result], tools: None) -> BackupSetup:
    return BackupSetup(tmp_path, command)


@pytest.mark.parametrize("moment", ["loaded", "settling"])
def test_a_restore_that_is_killed_leaves_a_database_that_sends_nothing_until_it_is_run_again(
    supporter: Supporter,
    container: Container,
    safe: BackupSetup,
    environ: dict[str, str],
    moment: str,
) -> None:
    supporter.sign()
    assert safe.backup().exit_code == 0
    supporter.deliver()
    assert len(supporter.letters()) == 1
    safe.restore_killed(environ, moment)
    supporter.deliver()
    assert (len(supporter.letters()), letters(container)) == (1, {"DE": LetterState.QUEUED})
    assert not is_ready(supporter)
    container.database.close()  # as whoever stops web and workers first
    said = safe.restore()
    assert said.exit_code == 0, said.output
    assert "1 letters are uncertain" in said.output
    assert is_ready(supporter)
    supporter.deliver()
    assert (len(supporter.letters()), letters(container)) == (1, {"DE": LetterState.UNCERTAIN})


def test_what_a_restore_left_that_was_killed_before_it_loaded_can_be_kept(
    postgresql_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    transport: MemoryTransport,
    tools: None,
) -> None:
    environ = {
        "CAMPAIGN_DATABASE_URL": postgresql_url,
        "CAMPAIGN_INSTANCE": str(tmp_path / "instance"),
    }
    supporter = supporter_of(make_container(environ), transport)
    safe = BackupSetup(tmp_path, command_runner(environ))
    safe.backup()
    supporter.sign()
    safe.restore_killed(environ, "marked")
    assert not is_ready(supporter)
    safe.file.unlink()
    assert safe.backup().exit_code == 0
    assert safe.restore().exit_code == 0
    assert is_ready(supporter)
    assert supporter.count() == 1


def test_a_load_that_fails_leaves_the_database_as_it_was_marked_or_not(
    supporter: Supporter, container: Container, tmp_path: Path, tools: None
) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(b"nothing of the kind" * 99)
    for _ in range(2):
        before = is_ready(supporter)
        with pytest.raises(BackupError):
            dumps.load_dump(container.database, dump, BEGUN)
        assert is_ready(supporter) is before
        mark_restore_begun(container)


def test_a_backup_of_an_earlier_version_is_marked_and_brought_up_to_date(
    supporter: Supporter, container: Container, tmp_path: Path, tools: None
) -> None:
    supporter.sign()
    migrate.downgrade(container.database, "0013")
    dumps.dump_database(container.database, tmp_path / "dump")
    if container.database.is_postgresql:
        with container.database.write_engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    container.database.close()
    dumps.load_dump(container.database, tmp_path / "dump", BEGUN)
    migrate.upgrade(container.database)
    with pytest.raises(RestorePending):
        container.database.must_have_no_pending_restore()
    assert schema.compare_schema(container.database) == []


def test_a_restore_waits_for_whoever_was_told_that_nothing_is_unsettled(
    postgresql_url: str, make_container: Callable[[dict[str, str]], Container], tmp_path: Path
) -> None:
    container = make_container(
        {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    )
    marking = threading.Thread(target=mark_restore_begun, args=[container])
    with container.database.writing() as session:
        session.scalars(select(LetterRow.id)).all()
        marking.start()
        marking.join(0.5)
        assert marking.is_alive()
    marking.join()
    with container.database.writing() as session, pytest.raises(RestorePending):
        session.scalars(select(LetterRow.id)).all()
