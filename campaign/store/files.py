"""Files with personal data, and disks without room for them."""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""No room on the device, in the quota, or under the process's limit for one file."""

_SQLSTATE = "53100"
"""disk_full: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_PRIMARY = 0xFF
_WORDS = ("No space left on device", "Disk quota exceeded", "File too large")


def create_private_file(path: Path) -> BinaryIO:
    """Open a new private file for writing; raise OSError if it already exists."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def ensure_private_file(path: Path) -> None:
    """Create an empty file that only its owner can read, unless the file already exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


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
