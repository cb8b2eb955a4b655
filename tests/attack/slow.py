"""Clients that stall: in the headers, in a form, or while they read. A visitor must not notice."""

from __future__ import annotations

import asyncio
import socket
import ssl
import statistics
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.helpers.running_site import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.helpers.running_site import RunningSite

CLIENTS = 300
VISITS = 100
PAGE = "/en/eu-china-dialogue"
POSTER = f"{PAGE}/poster.pdf"
LIMIT_MS = 50.0
_DRIP_SECONDS = 3.0
_TINY = 2048
_SETTLE_SECONDS = 5.0

_HEADERS = f"GET {PAGE} HTTP/1.1\r\nHost: localhost\r\n"
_FORM = f"{_HEADERS.replace('GET', 'POST')}Content-Type: application/x-www-form-urlencoded\r\n"
HALF_SENT = {
    "headers": f"{_HEADERS}X-Slow: ",
    "bodies": f"{_FORM.replace(PAGE, PAGE + '/sign')}Content-Length: 5000\r\n\r\nname=",
    "reads": _HEADERS.replace(PAGE, POSTER) + "\r\n",
}


@dataclass(frozen=True)
class Slowed:
    """How long a page took a visitor, in ms, alone and with stalled clients beside."""

    kind: str
    connected: int
    alone: float
    beside: float
    worst: float

    @property
    def more(self) -> float:
        return self.beside - self.alone


def measure(site: RunningSite, kind: str) -> Slowed:
    alone = statistics.median(_visits(site))
    with _stalled(site, HALF_SENT[kind], reads=kind != "reads") as crowd:
        time.sleep(_SETTLE_SECONDS)
        times = _visits(site)
        connected = crowd.connected
    return Slowed(kind, connected, alone, statistics.median(times), max(times))


def _visits(site: RunningSite) -> list[float]:
    taken = []
    for _ in range(VISITS):
        began = time.perf_counter()
        assert b"<h1" in get(site.proxy, PAGE), "the visitor was sent away"
        taken.append((time.perf_counter() - began) * 1000)
    return taken


class _Crowd:
    """So many clients, each from an address of its own, that come again when they are dropped."""

    def __init__(self, port: int, half: str, *, reads: bool) -> None:
        self._port, self._half, self._reads = port, half.encode(), reads
        self._tls = ssl._create_unverified_context()  # noqa: S323 - loopback
        self.connected = 0

    async def stall(self) -> None:
        addresses = [f"127.0.{number // 200 + 1}.{number % 200 + 1}" for number in range(CLIENTS)]
        await asyncio.gather(*(self._client(address) for address in addresses))

    async def _client(self, address: str) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._one(address)
            await asyncio.sleep(0.5)

    async def _one(self, address: str) -> None:
        plain = socket.socket()
        plain.setblocking(False)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _TINY)
        plain.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", self._port))
        reader, writer = await asyncio.open_connection(
            sock=plain, ssl=self._tls, server_hostname="localhost", limit=_TINY
        )
        self.connected += 1
        try:
            await self._drip(reader, writer)
        finally:
            self.connected -= 1
            writer.transport.abort()

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._half)
        await writer.drain()
        if not self._reads:
            # It has asked for a whole file, and takes nothing more than what the buffers do.
            reader._transport.pause_reading()  # type: ignore[attr-defined]
        while not reader.at_eof():
            await asyncio.sleep(_DRIP_SECONDS)
            if self._reads:
                writer.write(b"x")
                await writer.drain()


@contextmanager
def _stalled(site: RunningSite, half: str, *, reads: bool) -> Iterator[_Crowd]:
    """Let the crowd stall in a thread of its own while the block runs."""
    crowd = _Crowd(site.proxy, half, reads=reads)
    loop = asyncio.new_event_loop()
    task = loop.create_task(crowd.stall())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield crowd
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
