"""What garbage costs a real web server: milliseconds for each kind, and memory afterwards.

Prints the median time of twenty requests and the server's resident memory before and after
two hundred; most at the form that signs. Linux only: memory is read from /proc. At the console a
password is compared slowly on purpose, so what is measured there is a try that has to wait.
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deployed import CHECKOUT
from footprint import PAGE, descendants, free_port, wait_for

TIMED, SENT = 20, 200
PATIENCE = 10.0
CHUNK = 64 * 1024
SIGN, SIGN_IN = f"{PAGE}/sign", "/console/sign-in"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=edge"
NOWHERE, FILE = "/nothing/here", "/static/site.css"
USUAL = b"Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd"


@dataclass(frozen=True)
class Kind:
    """A request: `head` has further lines, and `length` is what it says of its body."""

    name: str
    body: bytes = b""
    content_type: str = URLENCODED
    path: str = SIGN
    method: str = "POST"
    head: bytes = b""
    length: bytes | None = None

    @property
    def wire(self) -> bytes:
        length = str(len(self.body)).encode() if self.length is None else self.length
        lines = [
            f"{self.method} {self.path} HTTP/1.1".encode(),
            b"Host: 127.0.0.1",
            b"Connection: close",
            *([f"Content-Type: {self.content_type}".encode()] if self.body else []),
            *([b"Content-Length: " + length] if length else []),
            *([self.head] if self.head else []),
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def line(name: bytes, of: bytes) -> bytes:
    """Return a header as long as servers let through."""
    return name + b": " + (of * 7_500)[:7_500]


def part(name: bytes, value: bytes) -> bytes:
    head = b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n'
    return head + value + b"\r\n"


ACCENTS = ("a" + "\u0301" * 7_500 + "\u0323" * 7_500).encode()
END = b"--edge--\r\n"
KINDS = (
    Kind("a form as it should be", b"name=Testa+Example&choice=write&step=next"),
    Kind("10 MB", b"name=" + b"x" * 10_000_000),
    Kind("10 MB in parts", part(b"name", b"x" * 10_000_000) + END, MULTIPART),
    Kind("100,000 fields", b"&".join(b"f%d=x" % number for number in range(100_000))),
    Kind("30,000 empty fields", b"a&" * 30_000),
    Kind("30,000 empty fields, console", b"a&" * 30_000, path="/console/people/invite"),
    Kind("a field's name of 60 KB", b"n" * 60_000 + b"=x"),
    Kind("NUL in names and values", b"na%00me=%00&name=a%00b&email=%00"),
    Kind("halves of characters", b"name=%ED%A0%80&email=%FF&town=\xed\xa0\x80"),
    Kind("a thousand accents", part(b"name", ACCENTS[:2_001]) + END, MULTIPART),
    Kind("15,000 accents, twice", part(b"name", ACCENTS) + part(b"town", ACCENTS) + END, MULTIPART),
    Kind("a type that lies", b"name=x", MULTIPART),
    Kind("parts without an end", part(b"name", b"x" * 50_000)[:-2], MULTIPART),
    Kind("deep JSON", b"[" * 60_000, "application/json"),
    Kind("a negative length", b"name=x", length=b"-1"),
    Kind("no length", b"name=x", length=b""),
    Kind("a length of 30 digits", b"name=x", length=b"9" * 30),
    Kind("NUL in a path", path="/en/a%00b", method="GET"),
    Kind("NUL in a header", head=b"X-Any: a\0b", path=PAGE, method="GET"),
    Kind("a header of 60 KB", head=b"X-Any: " + b"x" * 60_000, path=PAGE, method="GET"),
    Kind(
        "a query of 8,000 parameters",
        path=PAGE + "?" + "&".join(f"p{number}=x" for number in range(8_000)),
        method="GET",
    ),
    Kind("no page, as browsers ask", head=USUAL, path=NOWHERE, method="GET"),
    Kind("7.5 kB of languages", head=line(b"Accept-Language", b"a,"), path=NOWHERE, method="GET"),
    Kind("7.5 kB of encodings", head=line(b"Accept-Encoding", b'"a",'), path=FILE, method="GET"),
    Kind("7.5 kB of ETags", head=line(b"If-None-Match", b","), path=FILE, method="GET"),
    Kind("7.5 kB of cookies", head=line(b"Cookie", b";"), path=SIGN_IN, method="GET"),
    Kind("10 MB, sign-in", b"email=" + b"x" * 10_000_000, path=SIGN_IN),
    Kind("a sign-in that has to wait", b"email=%00&password=%ED%A0%80&code=%FF", path=SIGN_IN),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        port = free_port()
        site = subprocess.Popen(
            [sys.executable, "-m", "campaign", "run", "--port", str(port)],
            cwd=CHECKOUT,
            env={**os.environ, "CAMPAIGN_INSTANCE": instance},
            stdout=subprocess.DEVNULL,
            # The server notes each request that is none.
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            # It has shown every kind of page once before anything is measured.
            for kind in KINDS:
                send(port, kind)
            print(f"{'':30}{'answer':>8}{'median':>11}{'before':>9}{'after':>9}")
            for kind in KINDS:
                print(row(port, kind, site.pid))
        finally:
            site.send_signal(signal.SIGINT)
            site.wait()


def row(port: int, kind: Kind, parent: int) -> str:
    before = server_megabytes(parent)
    runs = [timed(port, kind) for _ in range(TIMED)]
    for _ in range(SENT - TIMED):
        send(port, kind)
    after = server_megabytes(parent)
    status = statistics.mode(run[0] for run in runs)
    milliseconds = statistics.median(run[1] for run in runs)
    return f"{kind.name:30}{status:>8}{milliseconds:8.1f} ms{before:6.0f} MB{after:6.0f} MB"


def timed(port: int, kind: Kind) -> tuple[str, float]:
    began = time.perf_counter()
    status = send(port, kind)
    return status, (time.perf_counter() - began) * 1000


def send(port: int, kind: Kind) -> str:
    """Send a request as far as the server takes it, and return the status of its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        rest = memoryview(kind.wire)
        try:
            while rest and not select.select([line], [], [], 0)[0]:
                rest = rest[line.send(rest[:CHUNK]) :]
            answer = line.recv(CHUNK)
            while line.recv(CHUNK):
                pass
        except (BrokenPipeError, ConnectionResetError):
            # It has answered and hung up before everything was sent.
            return "hung up"
    return answer.split(b" ", 2)[1].decode() if answer else "nothing"


def server_megabytes(parent: int) -> float:
    """Return the memory of the process that answers: the web server's largest."""
    sizes = []
    for pid, name in descendants(parent):
        if name == "web server":
            found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            sizes.append(int(found.group(1)) / 1024 if found else 0.0)
    return max(sizes)


if __name__ == "__main__":
    main()
