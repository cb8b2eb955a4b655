"""Tell a full disk from everything else that can go wrong with a file or a database."""

from __future__ import annotations

import errno
import sqlite3

_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""No room on the device, in the quota, or under the process's limit for one file."""

_SQLSTATE = "53100"
"""disk_full: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_PRIMARY = 0xFF
_WORDS = ("No space left on device", "Disk quota exceeded", "File too large")


def is_disk_full(error: BaseException) -> bool:
    """Say whether it is for want of room, whether the system, SQLite or PostgreSQL says so."""
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == _SQLSTATE:
        return True
    # A library that puts the system's error into words of its own, as age's does.
    return says_disk_full(str(cause))


def says_disk_full(text: str) -> bool:
    """Say whether a program or library says so, in English."""
    return any(words in text for words in _WORDS)
