"""Ways to send a message: one file each, found by its name.

A transport's file has `make(options) -> Transport` (see `domain.delivery`).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.domain.delivery import Transport
    from campaign.smtp import Server


@dataclass(frozen=True)
class Options:
    """What any transport may need; each takes its own."""

    outbox: Path
    server: Server
    safe_address: str = ""


def names() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def make(name: str, options: Options) -> Transport:
    """Return the transport of that name, one of `names()`."""
    module = importlib.import_module(f"{__name__}.{name}")
    return cast("Transport", module.make(options))
