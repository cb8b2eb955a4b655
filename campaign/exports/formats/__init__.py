"""Formats for tables: one file each, found by name.

A format's file has `MEDIA_TYPE`, `SUFFIX` and `pieces(columns, rows)`, which yields the file's
bytes while it consumes the rows, so that a table of any length needs little memory. An empty piece
means that there is nothing yet, so that the caller can do something else. Values are texts
(timestamps among them), whole numbers, booleans, dates and None.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHUNK_BYTES = 64 * 1024
"""Approximate size of the pieces that are yielded."""


def format_date(value: date) -> str:
    """Return a day in ISO 8601; raise TypeError for a time, which must be a `Timestamp`."""
    if isinstance(value, datetime):
        raise TypeError("a table's moments are texts")
    return value.isoformat()


class Format(Protocol):
    MEDIA_TYPE: str
    SUFFIX: str

    def pieces(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]: ...


def available() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Format:
    """Return the format of that name, one of `available()`."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}"))


def join_lines(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the first line immediately, as a sign of life, and the others in larger pieces."""
    waiting, size, most = [], 0, 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= most:
            yield "".join(waiting).encode()
            waiting, size, most = [], 0, CHUNK_BYTES
    if waiting:
        yield "".join(waiting).encode()
