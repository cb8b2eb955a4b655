"""How long a directory of 5,000 recipients takes to come in and to go out, on both databases.

Each has two names, an e-mail and a postal address: 20,000 lines. Each step is a command of its own,
its start included. `time` on the command line says the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import results

from campaign.container import build_container
from campaign.operations.commands.prepare import load_data
from campaign.recipients.directory_csv import write_directory_csv
from campaign.recipients.rules.directory import DirectoryEntry, EntryKind
from campaign.settings.load import load_settings
from campaign.store import migrate
from tests.bad_days.parts import Postgres, folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPIENTS = 5_000
LIMIT_SECONDS = 10
GOVERNMENTS = ("DE", "FR", "IT", "ES", "PL", "NL", "BE", "GR", "MT", "EE")


def main() -> None:
    with folder() as path:
        server = Postgres(path / "postgresql")
        try:
            for name, url in (("SQLite", ""), ("PostgreSQL", server.url)):
                measure(path / name, name, url)
        finally:
            server.close()


def measure(path: Path, database: str, url: str) -> None:
    path.mkdir()
    environ = {**os.environ, "CAMPAIGN_INSTANCE": str(path)}
    if url:
        environ["CAMPAIGN_DATABASE_URL"] = url
    container = build_container(load_settings(environ))
    migrate.upgrade(container.database)
    load_data(container)
    container.database.close()
    file, popolo = path / "directory.csv", path / "directory.json"
    file.write_text(write_directory_csv(made_up(RECIPIENTS)))
    steps = {
        "come in": ("import", str(file), "--yes"),
        "come in again, unchanged": ("import", str(file), "--yes"),
        "go out as Popolo": ("export", "--format", "popolo", "--output", str(popolo)),
        "come in as Popolo, unchanged": ("import", str(popolo), "--yes"),
    }
    for what, arguments in steps.items():
        began = time.perf_counter()
        command = [sys.executable, "-m", "campaign", "recipients", *arguments]
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        title = f"{RECIPIENTS:,} recipients {what}, {database}"
        results.row(title, f"{seconds:.1f} s", f"<= {LIMIT_SECONDS}")


def made_up(number: int) -> Iterator[DirectoryEntry]:
    """Yield the entries of so many recipients, visibly made up."""
    for n in range(number):
        key = f"{GOVERNMENTS[n % len(GOVERNMENTS)]}/example-{n}"
        yield DirectoryEntry(key, EntryKind.NAME, f"Example Office {n}", "made up", "en")
        yield DirectoryEntry(key, EntryKind.NAME, f"Beispielamt {n}", "made up", "de")
        yield DirectoryEntry(key, EntryKind.EMAIL, f"desk-{n}@ministry.example", "made up")
        place = f"Example Street {n}\n00000 Exampletown"
        yield DirectoryEntry(key, EntryKind.POSTAL, place, "made up")


if __name__ == "__main__":
    main()
