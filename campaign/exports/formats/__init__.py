"""Formats for tables: one file each, found by its name.

A format's file has `MEDIA_TYPE`, `SUFFIX` and `pieces(columns, rows)`, which yields the
file's bytes while it takes the rows, so that a table of any length needs little memory.
An empty piece says that there is nothing yet, so that whoever waits can do something else.
Values are texts, moments among them, whole numbers, booleans, dates and None.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHUNK_BYTES = 64 * 1024
"""About how many bytes are handed on at once."""


def format_date(value: date) -> str:
    """Return a day as ISO 8601 has it; raise TypeError for a time, which comes as a `Moment`."""
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
    """Return the format of that name, one of `names()`."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}"))


def join_lines(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the first line at once, as a sign of life, and the others in larger pieces."""
    waiting, size, most = [], 0, 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= most:
            yield "".join(waiting).encode()
            waiting, size, most = [], 0, CHUNK_BYTES
    if waiting:
        yield "".join(waiting).encode()
