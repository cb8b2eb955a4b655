"""The commands of docs/operating.md, as they stand there."""

from __future__ import annotations

import re

from campaign.settings.settings import BASE_DIR

PAGE = (BASE_DIR / "docs" / "operating.md").read_text(encoding="utf-8")


def sections() -> dict[str, list[str]]:
    """Return the blocks of commands under each heading of the second level."""
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return {
        heading: re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }


def packages() -> list[str]:
    """Return what is installed from Debian."""
    (named,) = re.findall(r"^sudo apt-get install --yes (.+)$", PAGE, re.MULTILINE)
    return str(named).split()
