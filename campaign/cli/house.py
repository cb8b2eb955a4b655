"""The house that a command works in, made from the environment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign.config import Settings
from campaign.factory import House, build

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def house() -> Iterator[House]:
    made = build(Settings.from_environment())
    try:
        yield made
    finally:
        made.database.close()
