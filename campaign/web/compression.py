"""Compress responses that any cache may store.

Personal pages are never compressed: if a page contains both a secret and something that an
attacker controls, its compressed length gives the secret away (BREACH).
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

MIN_BYTES = 1000
"""Bytes; a smaller response fits into one packet anyway."""

LEVEL = 6

UNCHANGED = 304

_KINDS = frozenset(
    {
        *("text/html", "text/css", "text/javascript"),
        *("application/json", "image/svg+xml"),
    }
)
# Enough for one page in every language, and the static files.
_KEPT = 64


def init_app(app: Flask) -> None:
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.status_code == UNCHANGED and response.cache_control.public:
        return _as_compressed(response)
    if response.status_code != 200 or response.mimetype not in _KINDS:  # noqa: PLR2004
        return response
    if not response.cache_control.public:
        return response
    _as_compressed(response)
    if not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < MIN_BYTES:
        return response
    response.set_data(_packed(body))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _as_compressed(response: Response) -> Response:
    """Add the headers that the compressed and the plain form share: Vary and a weak ETag.

    RFC 9110, sections 8.8.3 and 15.4.5: a 304 has the same headers as the 200 would have.
    """
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=_KEPT)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)
