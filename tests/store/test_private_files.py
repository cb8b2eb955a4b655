"""What is written down is its owner's alone, in any folder and under any umask."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from campaign.backup.queries import dumps
from campaign.operations.commands.prepare import load_data
from campaign.services import create_worker
from campaign.store import migrate
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.backups import BEGUN
from tests.helpers.transports import LiveMemoryTransport
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.container import Container

    MakeHouse = Callable[[dict[str, str]], Container]


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A folder that was there before, open to all."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o755)
    return folder


def open_files(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if path.stat().st_mode & 0o077]


def test_a_site_in_an_open_folder_writes_nothing_that_others_can_read(
    make_container: MakeHouse, instance: Path
) -> None:
    url = f"sqlite:///{instance}/campaign.sqlite3"
    container = make_container({"CAMPAIGN_DATABASE_URL": url, "CAMPAIGN_INSTANCE": str(instance)})
    migrate.upgrade(container.database)
    load_data(container)
    browser = create_app(container).test_client()
    # Files of mail, as well.
    person = Supporter(browser, create_worker(container), LiveMemoryTransport(), SLUG)
    person.submit()
    person.deliver()
    with container.database.writing():
        beside = {path.name for path in instance.iterdir()}
        assert {"campaign.sqlite3", "campaign.sqlite3-wal", "campaign.sqlite3-shm"} <= beside
        assert open_files(instance) == []
    assert list((instance / "outbox").iterdir())
    dumps.dump_database(container.database, instance / "copy")
    assert open_files(instance) == []


def test_a_restore_makes_a_database_that_others_cannot_read(
    make_container: MakeHouse, instance: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", instance / "campaign.sqlite3"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE one (two)")
    connection.close()
    environ = {"CAMPAIGN_DATABASE_URL": f"sqlite:///{target}", "CAMPAIGN_INSTANCE": str(instance)}
    dumps.load_dump(make_container(environ).database, source, BEGUN)
    assert open_files(instance) == []
