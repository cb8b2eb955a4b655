"""docs/reliability.md: what was tried, how often, and what was lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bad_days.books import TrialResult

HEAD = """\
# Reliability

`make bad-days` on {day}, commit {commit}, Python {python}, two shared cores, on loopback. A site as
it is deployed, its parts processes of their own; visitors send the same form again until it is
answered.

- **answered**: how often a visitor was told "check your mail" or "you are counted".
- **lost**: of those, how many are not in the database afterwards; and letters that are not there
  though their writer is counted and wanted one.
- **doubled**: people who count twice, counters that differ from the events, and letters that a mail
  server has had twice.

| what was tried | times | answered | lost | doubled | what came of it |
| --- | --- | --- | --- | --- | --- |
"""

TAIL = """
A restore that is killed (-9) after the backup is loaded, and before what people took back
since is done again, sends nothing:
`tests/backup/test_restore_ended.py`, on both databases.

What else is proven by tests that run with each change: [delivery.md](delivery.md). What needs a
real Postfix and smtp-sink: `make test-system` ([measured.md](measured.md)); there a worker is
killed (-9) at five labelled moments, with a single letter and with a daily mail, on both databases.
"""


def rendered(day: str, commit: str, python: str, rows: Sequence[TrialResult]) -> str:
    head = HEAD.format(day=day, commit=commit, python=python)
    return head + "".join(map(_line, rows)) + TAIL


def _line(row: TrialResult) -> str:
    figures = f"{row.times} | {row.answered:,} | {row.lost} | {row.doubled}"
    return f"| {row.what} | {figures} | {row.came} |\n"
