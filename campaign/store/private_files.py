"""Files with personal data in them: nobody but their owner can read them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path


def create_private_file(path: Path) -> BinaryIO:
    """Open a new file for writing; raise OSError where there is one already."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def ensure_private_file(path: Path) -> None:
    """Make an empty file that nobody but its owner can read, unless there is a file already."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
