"""The Python of a server: what is deployed, without what only the tests need."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def python() -> str:
    """Return its path; without it a process would be weighed that no server has."""
    found = CHECKOUT / ".deployed" / "bin" / "python"
    if not found.exists():
        sys.exit("this benchmark needs what `make .deployed/runtime` makes")
    return str(found)


def malloc() -> dict[str, str]:
    """Return the variables by which the units of systemd tune malloc."""
    unit = CHECKOUT / "deploy" / "systemd" / "campaign-web.service"
    return dict(re.findall(r"(MALLOC_\w+)=(\w+)", unit.read_text(encoding="utf-8")))
