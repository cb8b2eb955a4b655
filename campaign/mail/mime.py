"""Any bytes to a message of the standard library, in a time that nobody can make long.

Of a large message only the beginning is parsed, headers are cut before anybody reads them, and
of a message whose parts are an attack there are the headers alone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WHOLE_BYTES = 1_000_000
"""Bytes of a message that is looked at as a whole; of a larger one the beginning is."""

MAX_PARTIAL_BYTES = 64 * 1024
"""Bytes that are looked at of a larger message."""

_MOST_LINES = 20_000
"""Of a message that is looked at as a whole: each takes the library a microsecond."""

_MOST_COMPARED = 150_000
"""Lines times parts in parts, with the end of each of which the library compares each line."""

_MOST_MADE = 500
"""Parts that are made of one message; each takes a kilobyte, also an empty one."""

_MOST_HEADERS = 500
"""Of a part; each is gone through whenever one is asked for."""

_LONGEST_HEADER = {
    "content-type": 1_000,
    "content-disposition": 1_000,
    "subject": 4_000,
    "references": 8_000,
}
_LONGEST_OTHER = 2_000
"""Characters that are read of a header: in some the library looks again and again."""

_MOST_PARAMETERS = 20


@dataclass(frozen=True)
class Parsed:
    """`truncated`: there was more than `message` says."""

    message: Message
    truncated: bool


def parse(wire: bytes) -> Parsed:
    """Parse a message, or its beginning, or its headers alone; never raise for what it is."""
    small = len(wire) <= MAX_WHOLE_BYTES and _lines(wire) <= _MOST_LINES and _is_quick(wire)
    beginning = wire if small else wire[:MAX_PARTIAL_BYTES]
    rules = _TruncatingPolicy()
    if _is_quick(beginning):
        with suppress(LookupError, RecursionError, TypeError, ValueError):
            read = BytesParser(_maker(), policy=rules).parsebytes(beginning)
            return Parsed(read, truncated=not small)
    headers = BytesParser(_Part, policy=rules).parsebytes(beginning, headersonly=True)
    return Parsed(headers, truncated=True)


class _TruncatingPolicy(policy.Compat32):
    """The older parser's rules, with headers that are cut before anybody reads them."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        name = name[:_LONGEST_OTHER]
        kind = name.lower()
        longest = _LONGEST_HEADER.get(kind, _LONGEST_OTHER)
        if kind == "references" and len(value) > longest:
            # The last ones are what is answered, and the first may be ours.
            return name, f"{value[:_LONGEST_OTHER]} {value[-longest:]}"
        value = value[:longest]
        if kind in {"content-type", "content-disposition"}:
            value = ";".join(value.split(";", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
        return name, value


class _Part(Message):
    def set_raw(self, name: str, value: str) -> None:
        """Take a header from the parser, unless there are too many."""
        if len(self) < _MOST_HEADERS:
            super().set_raw(name, value)

    def get_boundary(self, failobj: Any = None) -> Any:
        """Return the boundary; one in a charset of its own (RFC 2231) is none."""
        found = self.get_param("boundary", failobj)
        return found.rstrip() if isinstance(found, str) else failobj


def _is_quick(wire: bytes) -> bool:
    return _lines(wire) * (1 + wire.lower().count(b"multipart/")) <= _MOST_COMPARED


def _lines(wire: bytes) -> int:
    """Return how many lines the library makes of it: a lone CR ends one too."""
    return wire.count(b"\n") + wire.count(b"\r") - wire.count(b"\r\n") + 1


def _maker() -> Callable[..., Message]:
    """Return what makes the parts of one message, and raises when that has too many."""
    made = count()

    def make(**rules: Any) -> Message:
        if next(made) > _MOST_MADE:
            raise ValueError("too many parts")
        return _Part(**rules)

    return make


# The encodings of https://encoding.spec.whatwg.org/#names-and-labels by Python's names, with what
# mail programs of their countries write beside them. ASCII is read as UTF-8, which begins with it.
CODECS = frozenset(
    {
        *("utf_8", "utf_16", "utf_16_be", "utf_16_le", "latin_1"),
        *(f"iso8859_{part}" for part in (*range(2, 12), *range(13, 17))),
        *(f"cp125{digit}" for digit in range(9)),
        *("cp850", "cp852", "cp866", "cp874", "koi8_r", "koi8_u", "mac_roman", "mac_cyrillic"),
        *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "cp950"),
        *("shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr", "cp949", "iso2022_kr"),
    }
)


def decode(raw: bytes, charset: str) -> str:
    """Return bytes as text; what is none in their charset is replaced by U+FFFD."""
    name = normalize_encoding(charset).lower()
    name = aliases.get(name, name)
    return raw.decode(name if name in CODECS else "utf_8", "replace")


def decode_encoded_words(header: str) -> str:
    """Return a header's line with its encoded words decoded (RFC 2047).

    Raise HeaderParseError or ValueError if one cannot be.
    """
    return "".join(
        chunk if isinstance(chunk, str) else _decoded(chunk, charset)
        for chunk, charset in decode_header(header)
    )


def _decoded(chunk: bytes, charset: str | None) -> str:
    # What stands between encoded words: the library has made bytes of it so.
    return chunk.decode("raw_unicode_escape") if charset is None else decode(chunk, charset)
