"""One JSON array of objects, a row each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

MEDIA_TYPE = "application/json"


def write(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> None:
    separator = "["
    for row in rows:
        out.write(separator + "\n  ")
        json.dump(dict(zip(columns, row, strict=True)), out, ensure_ascii=False, default=_plain)
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")


def _plain(value: date) -> str:
    return value.isoformat()
