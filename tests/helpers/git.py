"""What a report says about the code that it was made with."""

from __future__ import annotations

import subprocess

from campaign.settings.settings import BASE_DIR


def commit() -> str:
    """Return the short name of the commit that is checked out."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.check_output(command, cwd=BASE_DIR, text=True).strip()
