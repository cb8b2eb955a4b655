"""`campaign restore`, killed at a moment: `python -m tests.helpers.killed_restore MOMENT …`.

Nothing of the product is changed: the database's own events kill the process.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sqlalchemy import Connection, Engine, event

from campaign.cli import main

KILL_POINTS = {
    "marked": "to_regclass",  # PostgreSQL only: on SQLite the mark comes with the backup
    "loaded": "alembic_version",
    "settling": "INSERT INTO log_entries",
}
"""Each by what stands in the first statement after it."""


def _die_at(moment: str) -> None:
    def about_to(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if KILL_POINTS[moment] in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", about_to)


if __name__ == "__main__":
    _die_at(sys.argv.pop(1))
    main()
