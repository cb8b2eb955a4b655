"""A million signatures to CSV out of PostgreSQL, against psql's own `COPY` of the same columns.

Both are processes of their own that write into a pipe. First nobody agreed to be named, so nothing
is opened; then everybody did, and each name is opened and checked. `ROWS=100000` takes fewer.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import deployed
import millions
import psycopg
import results
from made_up import SLUG

from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import seal_person
from tests.bad_days.parts import Postgres, folder, prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.container import Container

ROWS = int(os.environ.get("ROWS", "1000000"))
RUNS = 3
LIMIT_CLOSED, LIMIT_OPENED = 0.5, 0.2
LIMIT_MEGABYTES, LIMIT_FIRST_BYTE = 150, 0.8

_COPY = (
    "\\copy (SELECT signatures.id, slug, government, language, digest, signatures.origin, source,"
    " state, held, signatures.created_at, confirmed_at, counted_day, show_name, send_news, '', '',"
    " '', '' FROM signatures JOIN campaigns ON campaigns.id = signatures.campaign_id JOIN revisions"
    " ON revisions.id = signatures.revision_id"
    " WHERE state = 'confirmed' AND NOT held ORDER BY signatures.created_at, signatures.id)"
    " TO STDOUT CSV HEADER"
)


@dataclass(frozen=True)
class Run:
    seconds: float
    first_byte: float
    megabytes: float
    lines: int


def main() -> None:
    if shutil.which("psql") is None:
        sys.exit("this benchmark needs psql (Debian: apt-get install postgresql-client)")
    with folder() as path:
        server = Postgres(path / "postgresql")
        try:
            site = prepared(path, server.url)
            container = site.container()
            millions.fill(container, server.url, ROWS * 10 // 9, SLUG)  # a tenth has expired
            agree(server.url, "false")
            compare("nothing opened", LIMIT_CLOSED, server.url, site.environ)
            seal(container, server.url)
            agree(server.url, "true")
            compare("every name opened", LIMIT_OPENED, server.url, site.environ)
            container.database.close()
        finally:
            server.close()


def compare(what: str, limit: float, url: str, environ: dict[str, str]) -> None:
    export = [
        deployed.python(),
        "-m",
        "campaign",
        "export",
        "signatures",
        "--reason",
        "a benchmark",
    ]
    ours, peers = [], []
    for _ in range(RUNS):
        ours.append(run(export, environ))
        peers.append(run(["psql", "--no-psqlrc", "--dbname", url, "--command", _COPY], environ))
    if {one.lines for one in ours} != {one.lines for one in peers}:
        sys.exit("they wrote different numbers of lines")
    ratio = statistics.median(
        peer.seconds / mine.seconds for mine, peer in zip(ours, peers, strict=True)
    )
    seconds = statistics.median(one.seconds for one in ours)
    said = f"{seconds:.1f} s against {statistics.median(one.seconds for one in peers):.1f} s"
    results.row(f"{ROWS:,} rows to CSV, {what} (psql)", ratio, f">= {limit}", said)
    first = statistics.median(one.first_byte for one in ours)
    results.row("  its first byte", f"{first:.2f} s", f"<= {LIMIT_FIRST_BYTE}")
    megabytes = max(one.megabytes for one in ours)
    results.row("  its memory at the peak", f"{megabytes:.0f} MB", f"<= {LIMIT_MEGABYTES}")


def run(command: Sequence[str], environ: dict[str, str]) -> Run:
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=deployed.CHECKOUT, env=environ, stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = process.stdout.read(1).count(b"\n")
    first = time.perf_counter() - began
    peak = 0.0
    while piece := process.stdout.read(1 << 20):
        lines += piece.count(b"\n")
        peak = peak_megabytes(process.pid) or peak
    if process.wait():
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return Run(time.perf_counter() - began, first, peak, lines)


def peak_megabytes(pid: int) -> float:
    """Return the most that a process has had; what wait(2) says begins with its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def agree(url: str, to: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        flags = {"show": to == "true"}
        connection.execute("UPDATE signatures SET show_name = %(show)s, send_news = false", flags)
        connection.execute("VACUUM ANALYZE signatures")


def seal(container: Container, url: str) -> None:
    """Put a real person in place of the noise."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TEMPORARY TABLE people (id uuid, sealed bytea)")
        ids = [row[0] for row in connection.execute("SELECT id FROM signatures")]
        with connection.cursor().copy("COPY people FROM STDIN") as copy:
            for number, one in enumerate(ids):
                person = Person(f"Testa Example {number}", f"testa{number}@example.org")
                copy.write_row((one, seal_person(container.keyring, one, person)))
        connection.execute(
            "UPDATE signatures SET sealed = people.sealed FROM people"
            " WHERE people.id = signatures.id"
        )


if __name__ == "__main__":
    main()
