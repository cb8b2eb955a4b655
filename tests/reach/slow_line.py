"""A slow line on one machine: a proxy with a round trip and a rate, for all its connections.

A browser's own emulation delays answers but not the opening of a connection; here that
costs a round trip too, as on a real line.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Iterator

ROUND_TRIP = 0.4
"""Seconds."""

BYTES_A_SECOND = 400_000 / 8

_CHUNK = 1400


class _Line:
    def __init__(self, port: int) -> None:
        self._port = port
        self._free_at = 0.0

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        # The handshake of TCP takes a round trip before anything is sent.
        await asyncio.sleep(ROUND_TRIP)
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        # Cancelled when the line is taken down, which may be in the middle of a page.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await asyncio.gather(
                self._carry(reader, back, limited=False),
                self._carry(there, writer, limited=True),
            )

    async def _carry(self, source: StreamReader, target: StreamWriter, *, limited: bool) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def arrive() -> None:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not data:
                    target.close()
                    return
                target.write(data)
                await target.drain()

        arriving = asyncio.create_task(arrive())
        while data := await source.read(_CHUNK):
            left = self._left_at(len(data)) if limited else loop.time()
            waiting.put_nowait((left + ROUND_TRIP / 2, data))
        waiting.put_nowait((loop.time() + ROUND_TRIP / 2, b""))
        await arriving

    def _left_at(self, size: int) -> float:
        """Return when so many bytes have gone into the line, which all connections share."""
        self._free_at = max(self._free_at, asyncio.get_running_loop().time())
        self._free_at += size / BYTES_A_SECOND
        return self._free_at


@contextmanager
def slow_line(port: int) -> Iterator[int]:
    """Give a port that leads to another one over the slow line."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(_Line(port).serve, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    yield int(server.sockets[0].getsockname()[1])
    asyncio.run_coroutine_threadsafe(_end(server), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
