"""Go through bad days: `make bad-days`. Ends with 1 if something is lost or doubled."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import traceback
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR
from tests.bad_days.books import TrialResult
from tests.bad_days.changes import changes
from tests.bad_days.clocks import clocks
from tests.bad_days.disks import disks
from tests.bad_days.load import load
from tests.bad_days.mail_servers import mail_servers
from tests.bad_days.report import rendered
from tests.bad_days.trials import killed_web, restarted_database
from tests.helpers.git import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPORT = BASE_DIR / "docs" / "reliability.md"
PARTS = (killed_web, restarted_database, disks, mail_servers, clocks, changes, load)


def main() -> None:
    needs()
    day = datetime.now(UTC).date().isoformat()
    rows = []
    for row in chain.from_iterable(map(_survived, PARTS)):
        print(f"{'ok  ' if row.is_well else 'BAD '} {row}", flush=True)
        rows.append(row)
    REPORT.write_text(rendered(day, commit(), platform.python_version(), rows), encoding="utf-8")
    sys.exit(not all(row.is_well for row in rows))


def _survived(part: Callable[[], Iterator[TrialResult]]) -> Iterator[TrialResult]:
    """Go through a part; one that ends by an error is a row, and the others are still tried."""
    try:
        yield from part()
    except Exception as error:  # noqa: BLE001 - it is written down, and fails the run
        traceback.print_exc()
        yield TrialResult(
            f"{part.__name__}, broken off", 1, 0, 0, 0, f"{type(error).__name__}: {error}"
        )


def needs() -> None:
    """Fail, and never skip, where something is missing."""
    said = [] if shutil.which("faketime") else ["faketime (Debian: apt-get install faketime)"]
    if os.geteuid() != 0:
        said.append("root, because a small disk is mounted")
    if said:
        sys.exit(f"make bad-days needs {' and '.join(said)}")


if __name__ == "__main__":
    main()
