"""Parse any bytes into a message of the standard library, in bounded time.

Only the beginning of a large message is parsed, headers are truncated before they are read, and
if the structure of the parts looks like an attack, only the headers are parsed.
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
"""Bytes of the largest message that is parsed as a whole."""

MAX_PARTIAL_BYTES = 64 * 1024
"""Bytes that are parsed of a larger message."""

_MOST_LINES = 20_000
"""Lines of a message that is parsed as a whole: each takes the library a microsecond."""

_MOST_COMPARED = 150_000
"""Lines times nested parts: the library compares each line with the boundary of each of them."""

_MOST_MADE = 500
"""Parts of one message; even an empty one takes a kilobyte."""

_MOST_HEADERS = 500
"""Headers of one part: each look-up goes through all of them."""

_LONGEST_HEADER = {
    "content-type": 1_000,
    "content-disposition": 1_000,
    "subject": 4_000,
    "references": 8_000,
}
_LONGEST_OTHER = 2_000
"""Characters that are read of a header: the library scans some of them repeatedly."""

_MOST_PARAMETERS = 20


@dataclass(frozen=True)
class Parsed:
    """A parsed message; `truncated`: it had more than `message` contains."""

    message: Message
    truncated: bool


def parse(wire: bytes) -> Parsed:
    """Return the parsed message, its beginning or its headers; no content makes this raise."""
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
    """The older parser's policy, with headers that are truncated before they are read."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        name = name[:_LONGEST_OTHER]
        kind = name.lower()
        longest = _LONGEST_HEADER.get(kind, _LONGEST_OTHER)
        if kind == "references" and len(value) > longest:
            # The last ids are the message that is answered, and the first may be our letter.
            return name, f"{value[:_LONGEST_OTHER]} {value[-longest:]}"
        value = value[:longest]
        if kind in {"content-type", "content-disposition"}:
            value = ";".join(value.split(";", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
        return name, value


class _Part(Message):
    def set_raw(self, name: str, value: str) -> None:
        """Accept a header from the parser, unless there are too many."""
        if len(self) < _MOST_HEADERS:
            super().set_raw(name, value)

    def get_boundary(self, failobj: Any = None) -> Any:
        """Return the boundary; one encoded by RFC 2231 does not count."""
        found = self.get_param("boundary", failobj)
        return found.rstrip() if isinstance(found, str) else failobj


def _is_quick(wire: bytes) -> bool:
    return _lines(wire) * (1 + wire.lower().count(b"multipart/")) <= _MOST_COMPARED


def _lines(wire: bytes) -> int:
    """Return how many lines the library splits it into: a lone CR ends a line, too."""
    return wire.count(b"\n") + wire.count(b"\r") - wire.count(b"\r\n") + 1


def _maker() -> Callable[..., Message]:
    """Return a factory for the parts of one message, which raises ValueError on too many."""
    made = count()

    def make(**rules: Any) -> Message:
        if next(made) > _MOST_MADE:
            raise ValueError("too many parts")
        return _Part(**rules)

    return make


# The encodings of https://encoding.spec.whatwg.org/#names-and-labels by Python's names, and others
# that mail programs of their countries write. ASCII is read as UTF-8, which includes it.
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
    """Return bytes decoded as text; bytes invalid in their charset are replaced by U+FFFD."""
    name = normalize_encoding(charset).lower()
    name = aliases.get(name, name)
    return raw.decode(name if name in CODECS else "utf_8", "replace")


def decode_encoded_words(header: str) -> str:
    """Return a header's line with its encoded words decoded (RFC 2047).

    Raise HeaderParseError or ValueError if one cannot be decoded.
    """
    return "".join(
        chunk if isinstance(chunk, str) else _decoded(chunk, charset)
        for chunk, charset in decode_header(header)
    )


def _decoded(chunk: bytes, charset: str | None) -> str:
    # Text between encoded words: this is how the library turned it into bytes.
    return chunk.decode("raw_unicode_escape") if charset is None else decode(chunk, charset)
