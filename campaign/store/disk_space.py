"""Tell a full disk from every other error of a file or a database."""

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
    """Return whether the disk is full, as reported by the system, SQLite or PostgreSQL."""
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == _SQLSTATE:
        return True
    # Some libraries (such as age's) report the system's error only in their own message.
    return says_disk_full(str(cause))


def says_disk_full(text: str) -> bool:
    """Return whether a program's or library's English message reports a full disk."""
    return any(words in text for words in _WORDS)
