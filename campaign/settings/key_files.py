"""Random keys that development keeps in files: written once, whole or not at all."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


def load_or_create_key(path: Path) -> str:
    """Return the key in a file, made on first use; raise OSError if that cannot be.

    The file appears under its name only when it is complete: a full disk leaves none
    behind. Of two processes that make it at once, one wins and both read the same.
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
            # A link never replaces what another process has put there.
            path.hardlink_to(unfinished)
    finally:
        Path(unfinished).unlink(missing_ok=True)
