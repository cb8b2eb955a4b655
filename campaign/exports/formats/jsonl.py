"""JSON lines: one object per row, each on its own line, in UTF-8."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from campaign.exports.formats import format_date, join_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEDIA_TYPE = "application/jsonl; charset=utf-8"
SUFFIX = ".jsonl"


def pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=False, default=format_date).encode
    return join_lines(encode(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
