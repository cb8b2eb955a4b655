"""Messages that are made to keep whoever reads them busy, for benchmarks/hostile_mail.py."""

from __future__ import annotations

import base64
import encodings
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.commands.inbound import MAX_MESSAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 999_000
"""Just below what is looked at as a whole, with the headers around it."""

LONG_TEXT = 250_000
PART = b"\r\n--b\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n"


@dataclass(frozen=True)
class Hostile:
    """Headers and body of a message; what makes it an answer to a letter is put before them."""

    name: str
    head: bytes = b""
    body: bytes = b"Thank you."

    def wire(self, message_id: str, number: int) -> bytes:
        """Return the whole message, answering the letter with that id; each number is another."""
        named = (
            f"X-Number: {number}\r\nFrom: desk@ministry.example\r\nIn-Reply-To: {message_id}\r\n"
        )
        return (named.encode() + self.head + b"\r\n" + self.body)[:MAX_MESSAGE_BYTES]


def every() -> Iterator[Hostile]:
    yield Hostile("an answer as it should be")
    yield from in_every_codec()
    yield from nested()
    yield from many_headers()
    yield from long_headers()
    yield from line_ends()
    yield from encoded()
    yield from markup()
    yield from reports()


def in_every_codec() -> Iterator[Hostile]:
    for module in pkgutil.iter_modules(encodings.__path__):
        name = module.name.encode()
        text = b"a" * LONG_TEXT + bytes(range(256)) * 100
        plain = b"Content-Type: text/plain; charset=" + name + b"\r\n"
        yield Hostile(f"{module.name}: a text", plain, text)
        word = b"Subject: =?" + name + b"?q?" + b"a" * 50_000 + b"?=\r\n"
        file = b"Content-Type: image/png; name*=" + name + b"''" + b"a" * 900 + b"\r\n\r\n"
        edge = (
            b"Content-Type: multipart/mixed; boundary*=" + name + b"''" + b"a" * 900 + b"\r\n\r\n"
        )
        body = (PART + file) * 50 + (PART + edge) * 200
        yield Hostile(f"{module.name}: a subject, files and boundaries", word + MIXED, body)


def nested() -> Iterator[Hostile]:
    def parts(depth: int) -> bytes:
        opened = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
        return b"".join(opened % (level, level) for level in range(depth)) + b"\r\n"

    for depth, lines in ((3, 19_000), (6, 19_000), (9, 12_000), (48, 2_500), (300, 100)):
        yield Hostile(f"parts in {depth} parts, {lines} lines", b"", parts(depth) + b"a\n" * lines)
        yield Hostile(
            f"parts in {depth} parts, 60000 bare lines", b"", parts(depth) + b"\n" * 60_000
        )
    yield Hostile("2,000 parts in parts", b"", parts(2_000))
    yield Hostile("messages in messages", b"", b"Content-Type: message/rfc822\r\n\r\n" * 30_000)
    yield Hostile("450 messages in messages", b"", b"Content-Type: message/rfc822\r\n\r\n" * 450)
    yield Hostile("100,000 empty parts", MIXED, PART * 100_000)
    yield Hostile("490 empty parts", MIXED, PART * 490)
    quotes = b"Content-Type: text/x; " + b';a="' * 250 + b"\r\n"
    named = b"Content-Disposition: x; " + b';a="' * 250 + b"\r\n\r\n"
    yield Hostile("parts with many parameters", MIXED, (PART + quotes + named) * 450)
    inner = b"Content-Type: multipart/mixed; " + b';a="' * 240 + b"\r\n\r\n"
    yield Hostile("parts in parts with many parameters", MIXED, (PART + inner) * 450)
    yield Hostile("what looks like a boundary", MIXED, PART + b"\r\n" + b"--bx\r\n" * 19_000)
    edge = b"b" * MEGABYTE
    head = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\r\n'
    yield Hostile("a boundary of a megabyte", head, b"--" + edge + b"\r\n\r\nx")


def many_headers() -> Iterator[Hostile]:
    for name in (b"a", b"To", b"Delivered-To", b"Subject", b"Received", b"Content-Type"):
        many = (name + b":a@b\n") * (MEGABYTE // (len(name) + 6))
        yield Hostile(f"a megabyte of {name.decode()} headers", many)
        yield Hostile(f"19,000 {name.decode()} headers", (name + b":a@b\n") * 19_000)
        yield Hostile(f"64 kB of {name.decode()} headers", many[: 63 * 1024])
    folded = b"X-Folded: a\r\n" + b" a\r\n" * 19_000
    yield Hostile("a header in 19,000 lines", folded)


def long_headers() -> Iterator[Hostile]:
    said = {
        "From": (b"a@b,", b"(", b"(a) ", b"[", b'"\\', b"a:b;", b"\\("),
        "To": (b"a@b,", b"[", b"a:", b"<a@b>,"),
        "Subject": (b"=?a?q? ", b"=?utf-8?q?a?= ", b"=?utf-8?b?YQ==?= ", b"=?", b" "),
        "References": (b"<", b"<a>", b"<0197f000-0000-7000-8000-000000000009@example.org> "),
        "In-Reply-To": (b"<a>", b"<0197f000-0000-7000-8000-000000000009@example.org> "),
        "Content-Type": (b';a="', b"text/plain;", b"/", b"multipart/"),
        "Content-Disposition": (b';a="', b";filename*0=a"),
        "Content-Transfer-Encoding": (b"base64 ",),
        "Auto-Submitted": (b"-", b" "),
        "Precedence": (b" bulk",),
    }
    for name, units in said.items():
        for unit in units:
            line = f"{name}: ".encode() + (unit * MEGABYTE)[:MEGABYTE] + b"\r\n"
            yield Hostile(f"{name} of a megabyte: {unit.decode()[:12]}", line)
            yield Hostile(f"{name} of 60 kB: {unit.decode()[:12]}", line[:60_000] + b"\r\n")
    one = b"<0197f000-0000-7000-8000-%012d@example.org>\r\n "
    ours = b"".join(one % number for number in range(100_000))
    yield Hostile("100,000 references of ours", b"References: " + ours + b"\r\n")
    yield Hostile("a header's name of a megabyte", b"a" * MEGABYTE + b": a\r\n")


def line_ends() -> Iterator[Hostile]:
    for name, end in {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n", "CR and LF": b"\n\r"}.items():
        for size in (19_000, 63 * 1024, MEGABYTE, MAX_MESSAGE_BYTES):
            yield Hostile(f"{size} bytes of {name}", body=(end * size)[:size])
    for size in (MEGABYTE, MAX_MESSAGE_BYTES):
        yield Hostile(f"{size} bytes in one line", body=b"x" * size)
        yield Hostile(f"{size} bytes above ASCII", body=b"\xff" * size)
        yield Hostile(f"{size} spaces", body=b" " * size)
        yield Hostile(f"{size} bytes of NUL", body=b"\0" * size)
    yield Hostile("no headers' end", b"X-A: " + b"a" * MEGABYTE, b"")


def encoded() -> Iterator[Hostile]:
    bodies = {
        "base64": base64.encodebytes(b"a" * 7_000_000),
        "quoted-printable": b"=\r\n" * 300_000,
        "x-uuencode": b"begin 644 a\n" + b"M" + b"86%A" * 15 + b"\n",
    }
    lines = {"base64": b"YWFh\n", "quoted-printable": b"=E2=82=AC=\n", "x-uuencode": b"#86%A\n"}
    for way, body in bodies.items():
        head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: " + way.encode() + b"\r\n"
        yield Hostile(f"{way}, 10 MB", head, body)
        yield Hostile(f"{way}, a megabyte", head, body[:MEGABYTE])
        yield Hostile(f"{way}, 19,000 lines", head, body[:12] + lines[way] * 18_900)
        yield Hostile(f"{way}, one line", head, b"=A" * (MEGABYTE // 2))
        yield Hostile(f"{way}, garbage", head, bytes(range(256)) * (MEGABYTE // 512))
    marks = ("a" + "\u0301\u0316" * 10_000).encode()
    yield Hostile("accents without an end", body=marks)


def markup() -> Iterator[Hostile]:
    units = ("<b>", "<p>", "</", "<", "<!--", "<a ", "<a b='", "&#1", "&lt;", "&#9999999;")
    for unit in (
        *units,
        "<style>",
        "<style></style>",
        "<script>x</script>",
        "a<br>",
        "<head>",
        "x ",
    ):
        html = (unit * MEGABYTE)[:MEGABYTE].encode()
        yield Hostile(f"HTML: {unit}", b"Content-Type: text/html\r\n", html)
    head = b"Content-Type: text/html; charset=utf-16\r\n"
    yield Hostile("HTML in UTF-16", head, ("<b>" * 100_000).encode("utf-16"))


def reports() -> Iterator[Hostile]:
    head = b"Content-Type: multipart/report; boundary=b\r\n"
    status = PART + b"Content-Type: message/delivery-status\r\n\r\n"
    block = b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: x\r\n\r\n"
    yield Hostile("a report in 20,000 blocks", head, status + block * 20_000)
    yield Hostile("a report in 490 blocks", head, status + block * 490)
    for unit in (b"5.1", b"a@", b"<", b"5.1.1 "):
        reply = b"Action: failed\r\nDiagnostic-Code: " + unit * 100_000 + b"\r\n\r\n"
        yield Hostile(f"a report that says {unit.decode()}", head, status + reply)
