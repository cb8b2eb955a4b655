"""Headers and queries as browsers send them: what is longer is cut before anything parses it.

A stranger may send 8 kB in a line and 32 kB in all. To read as much as a list costs more than the
page that is asked for: 7,500 characters of languages took a hundred times as long as a page that
is not there, because each of them is compared with each of ours.
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
    """So many parts of a value are read, and so many characters: the first ones, or the `last`."""

    separator: str
    parts: int
    characters: int
    last: bool = False

    def of(self, value: str) -> str:
        """Return the parts that are read; one that would be cut in two is left out."""
        if len(value) <= self.characters and value.count(self.separator) < self.parts:
            return value
        if self.last:
            whole = f"{self.separator}{value}"[-self.characters - 1 :].split(self.separator)[1:]
            return self.separator.join(whole[-self.parts :])
        whole = f"{value}{self.separator}"[: self.characters + 1].split(self.separator)[:-1]
        return self.separator.join(whole[: self.parts])


def _cookies(value: str) -> str:
    """Return those that can be ours: other pages of the domain may have set many and long ones.

    Chromium keeps 180 for a domain.
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
    # The last ones are the words of our own proxies, and the first ones may be anybody's.
    "HTTP_X_FORWARDED_FOR": ListLimit(",", 20, 1_000, last=True).of,
    "HTTP_X_FORWARDED_PROTO": ListLimit(",", 20, 200, last=True).of,
    "HTTP_COOKIE": _cookies,
    # A boundary has at most 70 characters (RFC 2046, section 5.1.1).
    "CONTENT_TYPE": ListLimit(";", 5, 400).of,
    "QUERY_STRING": ListLimit("&", 50, 2_000).of,
}


class HeaderLimits:
    """WSGI middleware, in front of everything that reads a header."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        for name, read in _READ.items():
            if value := environ.get(name):
                environ[name] = read(value)
        return self._app(environ, start_response)
