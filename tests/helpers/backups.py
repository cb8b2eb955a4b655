"""Backups, and restores that end where they should not."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyrage
from click.testing import CliRunner, Result
from sqlalchemy import select

from campaign.cli import commands
from campaign.letters.rows import LetterRow
from campaign.services import create_worker
from campaign.settings.settings import BASE_DIR
from campaign.store import pending_restore
from campaign.store.pending_restore import PendingRestore
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.letters.rules.letter import LetterState

BEGUN = PendingRestore(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "ada")
"""A restore that is noted as begun."""


class BackupSetup:
    """A place for backups and the private key that opens them."""

    def __init__(self, folder: Path, command: Callable[..., Result]) -> None:
        self.folder = folder
        self.command = command
        self.identity = pyrage.x25519.Identity.generate()
        self.public = str(self.identity.to_public())
        self.key = folder / "key.txt"
        self.key.write_text(f"# created for a test\n{self.identity}\n")
        self.file = folder / "backup.age"

    def backup(self) -> Result:
        return self.command("backup", str(self.file), "--to", self.public)

    def restore(self, *more: str) -> Result:
        return self.command(*self._restore(*more))

    def restore_killed(self, environ: dict[str, str], moment: str) -> None:
        """Restore in a process of its own, which is killed at a moment of killed_restore.py."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.helpers.killed_restore", moment, *self._restore()],
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"], **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == -9, done.stdout + done.stderr

    def as_of_format(self, number: int) -> None:
        """Make the backup one of an earlier format, which noted no keys."""
        plain = io.BytesIO(pyrage.decrypt(self.file.read_bytes(), [self.identity]))
        made = io.BytesIO()
        with tarfile.open(fileobj=plain) as old, tarfile.open(fileobj=made, mode="w") as new:
            for member in old:
                content = old.extractfile(member)
                assert content is not None
                held = content.read()
                if member.name == "manifest.json":
                    held = json.dumps(_earlier(json.loads(held), number)).encode()
                    member.size = len(held)
                new.addfile(member, io.BytesIO(held))
        self.file.write_bytes(pyrage.encrypt(made.getvalue(), [self.identity.to_public()]))

    def _restore(self, *more: str) -> tuple[str, ...]:
        return ("restore", str(self.file), "--key", str(self.key), "--yes", *more)


def _earlier(manifest: dict[str, Any], number: int) -> dict[str, Any]:
    noted_later = {"sealing", "identity"}
    return {name: one for name, one in manifest.items() if name not in noted_later} | {
        "format": number
    }


def supporter_of(container: Container, transport: MemoryTransport) -> Supporter:
    """Return a supporter of a site that was started with this container's settings."""
    return Supporter(
        create_app(container).test_client(), create_worker(container, transport), transport, SLUG
    )


def mark_restore_begun(container: Container) -> None:
    pending_restore.set_pending(container.database.engine, BEGUN)


def is_ready(supporter: Supporter) -> bool:
    return supporter.browser.get("/readyz").status_code == 200


def letters(container: Container) -> dict[str, LetterState]:
    with container.database.reading() as session:
        return {row.government: row.state for row in session.scalars(select(LetterRow))}


def command_runner(environ: dict[str, str]) -> Callable[..., Result]:
    return lambda *said: CliRunner().invoke(commands, said, env=dict(environ))
