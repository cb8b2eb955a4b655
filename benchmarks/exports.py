"""What a large export takes: memory at the peak, seconds, and time to the first byte.

A million made-up rows through each format, and 100,000 sealed signatures out of SQLite as
tables and as a hand-over pack.
Each runs as a process of its own, so that one's memory is not another's. The limits are the
project's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from campaign.container import build_container
from campaign.exports import formats
from campaign.exports.tables import SIGNATURE_COLUMNS
from campaign.operations.commands.prepare import load_data
from campaign.settings.load import load_settings
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import Origin, Person, SignatureState
from campaign.signatures.sealing import hash_person, seal_person
from campaign.store import migrate
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

ROWS = 1_000_000
SIGNATURES = 100_000
LIMIT_MEGABYTES = 150
LIMIT_PACK_MEGABYTES = 300
LIMIT_FIRST_BYTE = 2
"""Seconds, the start of the process among them; a workbook is whole before it leaves."""

_MOMENT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def main() -> None:
    print(f"{'':34}   peak  seconds  first byte")
    for name in formats.available():
        run(f"{ROWS} made-up rows, {name}", [sys.executable, __file__, name])
    with tempfile.TemporaryDirectory() as instance:
        environ = {**os.environ, "CAMPAIGN_INSTANCE": instance}
        container = build_container(load_settings(environ))
        migrate.upgrade(container.database)
        load_data(container)
        seal(container, SIGNATURES)
        container.database.close()
        command = [sys.executable, "-m", "campaign", "export", "signatures", "--reason", "bench"]
        for name in formats.available():
            run(f"{SIGNATURES} signatures, {name}", [*command, "--format", name], environ)
        target = ["--government", "DE", "--output", f"{instance}/pack.zip", "--reason", "bench"]
        pack = [sys.executable, "-m", "campaign", "export", "pack", *target]
        run(f"{SIGNATURES} names in a pack", pack, environ, LIMIT_PACK_MEGABYTES)


def run(
    what: str,
    command: list[str],
    environ: dict[str, str] | None = None,
    megabytes: int = LIMIT_MEGABYTES,
) -> None:
    """Run an export and read it; say what it took."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        first = time.perf_counter() - began
        while process.stdout.read(1 << 20):
            pass
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        sys.exit(f"{what} failed")
    seconds = time.perf_counter() - began
    is_stream = what.endswith(("csv", "jsonl"))
    limit = f" and {LIMIT_FIRST_BYTE} s" if is_stream else ""
    print(
        f"{what:34}{used.ru_maxrss / 1024:4.0f} MB  {seconds:5.1f} s  {first:6.2f} s"
        f"   limit {megabytes} MB{limit}"
    )


def made_up(count: int) -> Iterator[tuple[Any, ...]]:
    day = date(2026, 11, 2)
    for number in range(count):
        yield (
            *(str(uuid7(_MOMENT)), "eu-china-dialogue", "DE", "de", "0" * 64, "online", ""),
            *("confirmed", False, _MOMENT, _MOMENT, day, True, True),
            *(f"Testa Example {number}", "Exampletown", f"testa{number}@example.org", ""),
        )


def seal(container: Container, count: int) -> None:
    """Store confirmed signatures with sealed people, in portions."""
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, "eu-china-dialogue")
        for start in range(0, count, 5_000):
            rows = [
                sealed_row(container, loaded.campaign_id, loaded.revision_id, number)
                for number in range(start, min(start + 5_000, count))
            ]
            session.execute(insert(SignatureRow), rows)


def sealed_row(
    container: Container, campaign_id: int, revision_id: int, number: int
) -> dict[str, Any]:
    signature_id = uuid7(_MOMENT)
    person = Person(f"Testa Example {number}", f"testa{number}@example.org", "Exampletown")
    hashes = hash_person(container.keyring, person)
    return {
        "id": signature_id,
        "campaign_id": campaign_id,
        "revision_id": revision_id,
        "government": "DE",
        "language": "de",
        "origin": Origin.ONLINE,
        "state": SignatureState.CONFIRMED,
        "identity_hash": hashes.identity,
        "email_hash": hashes.email,
        "sealed": seal_person(container.keyring, signature_id, person),
        "show_name": True,
        "send_news": True,
        "created_at": _MOMENT,
        "confirmed_at": _MOMENT,
        "counted_day": _MOMENT.date(),
    }


def write(name: str) -> None:
    for piece in formats.load(name).pieces(SIGNATURE_COLUMNS, made_up(ROWS)):
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(sys.argv[1])
    else:
        main()
