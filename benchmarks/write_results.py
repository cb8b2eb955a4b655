"""Write benchmarks/RESULTS.md from the rows that the benchmarks left, and the machine."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from results import KEPT

from tests.helpers.git import commit

HERE = Path(__file__).resolve().parent
PACKAGES = ("flask", "flask-wtf", "sqlalchemy", "psycopg", "gunicorn", "jinja2", "typst")

HEAD = """\
# Results

`make bench` on {day}, commit {commit}: {cores} shared cores ({cpu}), {memory:.0f} GB, Python
{python}, {packages}, PostgreSQL 18.4 from pip. Load generator, mail server and database share the
cores, so that only the ratios mean anything elsewhere; the machine is noisy, and each figure is a
median of at least three runs in one go, ours and the peer's in turn. What a
process weighs is one run.

Where a name stands in brackets, the figure is a ratio to that peer in the same run. What the rows
are made from stands at the top of each file in this folder.

| what | figure | goal | from |
| --- | --- | --- | --- |
"""


def main() -> None:
    rows = [json.loads(line) for line in Path(os.environ[KEPT]).read_text().splitlines()]
    head = HEAD.format(
        day=datetime.now(UTC).date().isoformat(),
        commit=commit(),
        cores=os.cpu_count(),
        cpu=cpu(),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        python=platform.python_version(),
        packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
    )
    lines = [f"| {what} | {figure} | {limit} | {more} |\n" for what, figure, limit, more in rows]
    (HERE / "RESULTS.md").write_text(head + "".join(lines) + tail(), encoding="utf-8")


def cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def tail() -> str:
    """Return what people have written below the table: it stays."""
    kept = HERE / "RESULTS.md"
    _, found, below = (kept.read_text() if kept.exists() else "").partition("\n## ")
    return f"{found}{below}"


if __name__ == "__main__":
    main()
