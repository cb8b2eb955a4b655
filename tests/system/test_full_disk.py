"""A disk without room for a restore or a backup: it is said, and everything stays as it was."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pyrage
import pytest

from campaign.backup.queries import dumps
from campaign.settings.settings import BASE_DIR
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container

IN_A_SMALL_DISK = ["unshare", "--mount", "sh", "-ec"]
"""Mounts that nobody else sees, and that end with the command."""

COUNT = "import sqlite3; print(sqlite3.connect('site.sqlite3').execute(\
'SELECT count(*) FROM signatures').fetchone()[0])"


class Site:
    """A site with three signatures, and a backup of it with two."""

    def __init__(self, container: Container, folder: Path, key: pyrage.x25519.Identity) -> None:
        self.instance = container.settings.instance
        self.disk, self.backup = folder / "disk", folder / "backup.age"
        self.key = folder / "key"
        self.key.write_text(str(key))
        self.database = container.database
        self.disk.mkdir()
        add_confirmed(container, 2)
        self.run_here("backup", str(self.backup), "--to", str(key.to_public()))
        add_confirmed(container, 1)
        self.copy = folder / "copy"
        dumps.dump_database(container.database, self.copy)
        self.size = self.copy.stat().st_size

    def run_here(self, *arguments: str) -> None:
        environ = self.environ(self.instance, f"sqlite:///{self.database.sqlite_path}")
        command = [sys.executable, "-m", "campaign", *arguments]
        subprocess.run(command, cwd=BASE_DIR, env=environ, check=True, capture_output=True)

    def environ(self, instance: Path, url: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "CAMPAIGN_INSTANCE": str(instance),
            "CAMPAIGN_DATABASE_URL": url,
        }

    def on_a_disk_of(self, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command where there is so much room, the site's own files included."""
        command = shlex.join([sys.executable, "-m", "campaign", *arguments])
        script = f"""
            mount -t tmpfs -o size={size} tmpfs {self.disk}
            cp {self.instance}/*.secret {self.instance}/erased.ledger {self.disk}
            cp {self.copy} {self.disk}/site.sqlite3
            cd {BASE_DIR}
            {command} || echo failed
            cd {self.disk}
            {sys.executable} -c "{COUNT}"
            """
        environ = self.environ(self.disk, f"sqlite:///{self.disk}/site.sqlite3")
        run = [*IN_A_SMALL_DISK, script]
        return subprocess.run(run, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def site(
    sqlite_url: str, make_container: Callable[[dict[str, str]], Container], tmp_path: Path
) -> Site:
    instance = tmp_path / "instance"
    environ = {"CAMPAIGN_DATABASE_URL": sqlite_url, "CAMPAIGN_INSTANCE": str(instance)}
    return Site(make_container(environ), tmp_path, pyrage.x25519.Identity.generate())


@pytest.mark.parametrize(
    ("rooms", "where"),
    [(1.5, "decrypted"), (2.5, "unpacked"), (3.5, "put back")],
    ids=["decrypted", "unpacked", "put back"],
)
def test_a_full_disk_during_a_restore_is_named_and_the_database_stays_as_it_was(
    site: Site, rooms: float, where: str
) -> None:
    restore = ["restore", str(site.backup), "--key", str(site.key), "--yes"]
    done = site.on_a_disk_of(int(rooms * site.size), *restore)
    assert f"campaign: the disk of {site.disk}" in done.stderr, (where, done)
    assert "is full; nothing was changed" in done.stderr
    assert "not whole" not in done.stderr
    assert done.stdout.split()[-2:] == ["failed", "3"]
    done = site.on_a_disk_of(10 * site.size, *restore)
    assert done.stdout.split()[-1] == "2", done


@pytest.mark.parametrize("rooms", [1.5, 2.5, 3.5])
def test_a_full_disk_during_a_backup_is_named_and_leaves_no_half_file(
    site: Site, rooms: float
) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    backup = ["backup", f"{site.disk}/new.age", "--to", key]
    done = site.on_a_disk_of(int(rooms * site.size), *backup)
    assert f"campaign: the disk of {site.disk}" in done.stderr, done
    assert "is full" in done.stderr
