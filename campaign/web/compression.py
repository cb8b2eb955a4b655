"""Compress what any cache may keep.

Pages that are anybody's own are never compressed: beside something that a stranger can put
into a page, the length of a compressed secret gives the secret away (BREACH).
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

MIN_BYTES = 1000
"""Bytes. Below, one packet holds it anyway."""

LEVEL = 6

UNCHANGED = 304

_KINDS = frozenset(
    {
        *("text/html", "text/css", "text/javascript"),
        *("application/json", "image/svg+xml"),
    }
)
# As many pages as there are languages, and the static files.
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
    """Say what holds for both forms: that there are two, and that neither is the other's bytes.

    RFC 9110, sections 8.8.3 and 15.4.5: an answer of 304 says the same as the 200 would.
    """
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=_KEPT)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)
