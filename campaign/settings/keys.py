"""Keys: set in production, and in development random ones in files.

Each file is written once, completely or not at all.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from campaign.settings.parsers import KEY_BYTES, path_check
from campaign.settings.settings import env_name

if TYPE_CHECKING:
    from collections.abc import Callable

    KeyT = TypeVar("KeyT")


class KeyLoader:
    """Loads the settings that are keys. `faults`: the list that errors are added to.

    `where`: in which kind of site nothing is made up; empty if random keys are.
    """

    def __init__(self, instance: Path, where: str, faults: list[str]) -> None:
        self._instance = instance
        self._where = where
        self._faults = faults

    def load(self, name: str, given: str, parse: Callable[[str], KeyT]) -> KeyT:
        """Return a setting's keys."""
        if not given and not self._where:
            return self._development_key(name, parse)
        try:
            return parse(given) if given else self._missing(name)
        except ValueError as error:
            self._faults.append(f"{env_name(name)} {error}")
        # Only so that the other errors can be reported too: nothing starts with it.
        return parse(_random_key())

    def _missing(self, name: str) -> NoReturn:
        raise ValueError(f"is needed {self._where}: {self._where_from(name)}")

    def _development_key(self, name: str, parse: Callable[[str], KeyT]) -> KeyT:
        """Return the random key stored in the instance folder, made on first use."""
        path = self._path(name)
        if not path_check(self._instance.is_dir):
            # Already reported.
            return parse(_random_key())
        try:
            return parse(load_or_create_key(path))
        except (OSError, UnicodeDecodeError) as error:
            said = getattr(error, "strerror", None) or "it is no text"
            self._faults.append(f"the key file {path} cannot be used: {said}")
        except ValueError:
            self._faults.append(f"{path} holds no key; it was cut short or changed")
        return parse(_random_key())

    def _where_from(self, name: str) -> str:
        """Return where to get a missing key: data that was written with a key needs that key."""
        path = self._path(name)
        if path_check(path.is_file):
            return f"set it to the key in {path}, which the data that is there was written with"
        return "docs/settings.md says how to make one"

    def _path(self, name: str) -> Path:
        return self._instance / f"{name}.secret"


def load_or_create_key(path: Path) -> str:
    """Return the key in a file, which is created on first use; raise OSError if that fails.

    The file appears under its name only once it is complete, so a full disk leaves no partial
    file. If two processes create it at the same time, one wins and both read the same key.
    """
    if not path.exists():
        _write_new(path, _random_key())
    return path.read_text().strip()


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


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
