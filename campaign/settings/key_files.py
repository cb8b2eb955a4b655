"""Random keys in files, for development: each is written once, completely or not at all."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


def load_or_create_key(path: Path) -> str:
    """Return the key in a file, which is created on first use; raise OSError if that fails.

    The file appears under its name only once it is complete, so a full disk leaves no partial
    file. If two processes create it at the same time, one wins and both read the same key.
    """
    if not path.exists():
        _write_new(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    return path.read_text().strip()


def _write_new(path: Path, text: str) -> None:
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            # Unlike a rename, a link never replaces a file that another process has created.
            path.hardlink_to(unfinished)
    finally:
        Path(unfinished).unlink(missing_ok=True)
