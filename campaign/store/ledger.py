"""The list of erased signatures that outlives any backup of the database.

A restored backup would bring erased people back; replaying this file erases them
again. It holds ids and times only, and is written through to the disk before the
database forgets.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID


class ErasureLedger:
    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, signature_id: UUID, now: datetime) -> None:
        """Append one line and return when it is on the disk."""
        line = f"{now.isoformat()} {signature_id}\n".encode()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
