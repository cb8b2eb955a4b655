"""Text in a charset that a stranger names: one of those that mails use, or else UTF-8.

No stranger's name reaches Python's codecs: there are over a hundred, and `punycode` takes hours
for a megabyte.
"""

from __future__ import annotations

from email.header import decode_header
from encodings import normalize_encoding
from encodings.aliases import aliases

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
