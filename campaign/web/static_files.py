"""Stylesheets, scripts and images: read at startup, and served from memory.

Their URLs contain a hash of their content. If they were served from disk, browsers could cache a
newly installed version for a year under the old version's URL.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Response, abort, current_app, request

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug.wrappers import Response as BaseResponse

SECONDS = 365 * 24 * 3600

_EXTENSION = "static_files"


@dataclass(frozen=True)
class StaticFile:
    """A file and its version, a short hash that lets browsers cache it permanently."""

    body: bytes
    media_type: str
    version: str

    def answer(self) -> Response:
        return Response(self.body, mimetype=self.media_type)


def init_app(app: Flask, folder: Path) -> None:
    """Read a folder's files now, and make the application serve them under /static."""
    app.extensions[_EXTENSION] = {
        path.name: _read(path) for path in folder.iterdir() if path.is_file()
    }
    app.add_url_rule("/static/<path:filename>", "static", _serve)


def static_files() -> dict[str, StaticFile]:
    return cast("dict[str, StaticFile]", current_app.extensions[_EXTENSION])


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(body, media_type, hashlib.sha256(body).hexdigest()[:12])


def _serve(filename: str) -> BaseResponse:
    file = static_files().get(filename)
    if file is None:
        abort(404)
    response = file.answer()
    response.cache_control.public = True
    response.cache_control.max_age = SECONDS
    response.set_etag(file.version)
    return response.make_conditional(request)
