"""The running version: its number and its commit."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from campaign import __version__

UNKNOWN = "unknown"
COMMIT_FILE = "COMMIT"
"""Next to the package in a release folder or an image, which have no repository."""

_CHECKOUT = Path(__file__).resolve().parent.parent
_SECONDS = 5.0


@dataclass(frozen=True)
class Version:
    number: str
    commit: str

    def __str__(self) -> str:
        return f"{self.number} ({self.commit})"


@cache
def running_version() -> Version:
    """Return the version of this process, as read on the first call."""
    return read_version(_CHECKOUT)


def read_version(checkout: Path) -> Version:
    """Return the version in a folder; a commit that cannot be found is "unknown", not an error."""
    return Version(__version__, _written(checkout / COMMIT_FILE) or _checked_out(checkout))


def _written(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _checked_out(checkout: Path) -> str:
    git = shutil.which("git")
    # If the folder has no repository of its own, git would report that of an enclosing one.
    if git is None or not (checkout / ".git").exists():
        return UNKNOWN
    command = [git, "rev-parse", "--short=12", "HEAD"]
    try:
        said = subprocess.run(  # noqa: S603 - words of our own
            command, cwd=checkout, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return said.stdout.strip()
