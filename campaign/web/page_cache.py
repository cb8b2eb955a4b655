"""A cache, per process, for responses that are the same for everybody, fresh for one second.

A page takes milliseconds to make and changes only with its count, and in a busy second thousands
of visitors ask for the same one. The cache is in front of Flask, so that a cached response costs
next to nothing. A response that its view has not declared public is never cached.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.http import is_resource_modified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from campaign.metrics import Metrics

    Key = tuple[str, str, str, bool]
    Headers = list[tuple[str, str]]

MAX_AGE_SECONDS = 1.0
"""Seconds after which one visitor waits for a new response. Meanwhile, others get the old one, for
the same time again at most, even if there is no new one by then.
"""

_MOST = 256
_MOST_BYTES = 4 * 1024 * 1024
_LARGEST = 64 * 1024
_PRIVATE = ("/console/", "/static/")
_OF_THE_BODY = frozenset({"content-length", "content-type", "content-encoding"})


@dataclass
class _Answer:
    headers: Headers
    body: bytes
    etag: str
    made: float
    until: float


class PageCache:
    """WSGI middleware that caches responses. `now`: seconds of a monotonic clock."""

    def __init__(
        self, app: WSGIApplication, metrics: Metrics, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._now = now
        self._answers: dict[Key, _Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        key = _key(environ)
        if key is None:
            return self._app(environ, start_response)
        answer, now = self._answers.get(key), self._now()
        if answer is not None and now < answer.until:
            self._metrics.observe_request("cached", "GET", HTTPStatus.OK, 0.0)
            return _again(answer, environ, start_response)
        if answer is not None:
            answer.until = answer.made + 2 * MAX_AGE_SECONDS
        return self._anew(key, now, environ, start_response)

    def _anew(
        self, key: Key, now: float, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        said: list[tuple[str, Headers]] = []

        def listen(status: str, headers: Headers, _error: object = None, /) -> Callable[..., None]:
            said.append((status, headers))
            return _never_written

        # Unconditional, whatever this visitor has cached: the response is for others, too.
        whole = {name: value for name, value in environ.items() if name != "HTTP_IF_NONE_MATCH"}
        body = self._app(whole, listen)
        status, headers = said[-1]
        if not _is_for_all(status, headers):
            start_response(status, headers)
            return body
        # Its age counts from the time of the request.
        answer = _Answer(headers, _read(body), _etag(headers), now, now + MAX_AGE_SECONDS)
        if len(answer.body) <= _LARGEST:
            self._keep(key, answer)
        return _again(answer, environ, start_response)

    def _keep(self, key: Key, answer: _Answer) -> None:
        size = sum(len(one.body) for one in list(self._answers.values())) + len(answer.body)
        if len(self._answers) >= _MOST or size > _MOST_BYTES:
            self._answers.clear()
        self._answers[key] = answer


def _again(
    answer: _Answer, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    asked = "HTTP_IF_NONE_MATCH" in environ and answer.etag
    if asked and not is_resource_modified(environ, answer.etag):
        headers = [one for one in answer.headers if one[0].lower() not in _OF_THE_BODY]
        start_response("304 NOT MODIFIED", headers)
        return []
    start_response("200 OK", answer.headers)
    return [answer.body]


def _key(environ: WSGIEnvironment) -> Key | None:
    """Return the cache key of a request; None if its response may not be cached."""
    path = environ["PATH_INFO"]
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    # Clients that send quality values for encodings are rare, and are left to Flask.
    if environ["REQUEST_METHOD"] != "GET" or path.startswith(_PRIVATE) or ";" in accepted:
        return None
    return environ.get("HTTP_HOST", ""), path, environ.get("QUERY_STRING", ""), "gzip" in accepted


def _is_for_all(status: str, headers: Headers) -> bool:
    if not status.startswith("200"):
        return False
    named = {name.lower(): value for name, value in headers}
    return named.get("cache-control", "").startswith("public") and "set-cookie" not in named


def _etag(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == "etag"), "")


def _read(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


def _never_written(_data: bytes) -> None:
    raise NotImplementedError("nothing here writes by start_response")
