"""Files with personal data, readable only by their owner."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path


def create_private_file(path: Path) -> BinaryIO:
    """Open a new private file for writing; raise OSError if it already exists."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def ensure_private_file(path: Path) -> None:
    """Create an empty file that only its owner can read, unless the file already exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
