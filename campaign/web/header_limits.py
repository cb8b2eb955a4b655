"""Truncate headers and queries that are longer than browsers send, before anything parses them.

A client may send 8 kB in a line and 32 kB in all. To parse that much as a list costs more than the
requested page: 7,500 characters of languages took a hundred times as long as a page that does not
exist, because each of them is compared with each language of the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_MOST_COOKIES, _LONGEST_COOKIE = 180, 300


@dataclass(frozen=True)
class ListLimit:
    """How many parts and characters of a value are read: the first ones, or the `last`."""

    separator: str
    parts: int
    characters: int
    last: bool = False

    def of(self, value: str) -> str:
        """Return the part of a value that is read; an item that would be split is left out."""
        if len(value) <= self.characters and value.count(self.separator) < self.parts:
            return value
        if self.last:
            whole = f"{self.separator}{value}"[-self.characters - 1 :].split(self.separator)[1:]
            return self.separator.join(whole[-self.parts :])
        whole = f"{value}{self.separator}"[: self.characters + 1].split(self.separator)[:-1]
        return self.separator.join(whole[: self.parts])


def _cookies(value: str) -> str:
    """Return the cookies that can be this site's: others of the domain may be many and long.

    Chromium stores 180 for a domain.
    """
    first = value.split(";", _MOST_COOKIES)[:_MOST_COOKIES]
    return ";".join(one for one in first if len(one) <= _LONGEST_COOKIE)


_LIST = ListLimit(",", 20, 400)
_READ: dict[str, Callable[[str], str]] = {
    "HTTP_ACCEPT": _LIST.of,
    "HTTP_ACCEPT_ENCODING": _LIST.of,
    "HTTP_ACCEPT_LANGUAGE": _LIST.of,
    "HTTP_IF_MATCH": _LIST.of,
    "HTTP_IF_NONE_MATCH": _LIST.of,
    "HTTP_RANGE": _LIST.of,
    # The last items were added by our own proxies, and the first may be forged.
    "HTTP_X_FORWARDED_FOR": ListLimit(",", 20, 1_000, last=True).of,
    "HTTP_X_FORWARDED_PROTO": ListLimit(",", 20, 200, last=True).of,
    "HTTP_COOKIE": _cookies,
    # A boundary has at most 70 characters (RFC 2046, section 5.1.1).
    "CONTENT_TYPE": ListLimit(";", 5, 400).of,
    "QUERY_STRING": ListLimit("&", 50, 2_000).of,
}


class HeaderLimits:
    """WSGI middleware that truncates headers, in front of everything that reads them."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        for name, read in _READ.items():
            if value := environ.get(name):
                environ[name] = read(value)
        return self._app(environ, start_response)
