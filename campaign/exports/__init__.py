"""Formats for figures: one file each, found by its name.

A format's file has `MEDIA_TYPE` and `write(columns, rows, out)`, where `out` is a
text stream that translates no line ends. Values are texts, whole numbers and dates.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any, Protocol, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Format(Protocol):
    MEDIA_TYPE: str

    def write(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> None: ...


def names() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Format:
    """Return the format of that name, one of `names()`."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}"))
