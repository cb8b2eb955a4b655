"""Visitors who come through nginx over TLS, each from an address of her own."""

from __future__ import annotations

import ssl
import threading
import time
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

from tests.visitor import Visitor

if TYPE_CHECKING:
    from http.client import HTTPConnection

    from tests.helpers.running_site import RunningSite

PAUSE = 0.05
SETTLES = 3.0
"""Seconds in which it shows whether the site minds."""


class ProxyVisitor(Visitor):
    """Asks over TLS; `number` makes her address, all of which are this machine's."""

    def __init__(self, site: RunningSite, number: int) -> None:
        super().__init__(site)
        self.keep_alive = True
        self._address = f"127.0.{1 + number // 200}.{1 + number % 200}"

    def connection(self) -> HTTPConnection:
        if self._connection is None:
            self._connection = connected(self.site.proxy, self._address)
        return self._connection


def connected(port: int, address: str) -> HTTPSConnection:
    unverified = ssl._create_unverified_context()  # noqa: S323 - loopback
    return HTTPSConnection(
        "localhost", port, timeout=30, context=unverified, source_address=(address, 0)
    )


class Watching:
    """Asks nginx again and again whether the site can do its work, and notes since when it can."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._good_since = self._bad_since = 0.0
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def well_again_after(self, moment: float, patience: float) -> float:
        """Wait until the site is well, and return how long after `moment`; 0 if it stayed so."""
        time.sleep(SETTLES)
        if self._bad_since < moment:
            return 0.0
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._good_since > self._bad_since:
                return self._good_since - moment
            time.sleep(PAUSE)
        raise TimeoutError("the site did not come back")

    def _watch(self) -> None:
        was_good = False
        while not self._stop.wait(PAUSE):
            is_good = self._is_good()
            if is_good and not was_good:
                self._good_since = time.monotonic()
            if was_good and not is_good:
                self._bad_since = time.monotonic()
            was_good = is_good

    def _is_good(self) -> bool:
        connection = connected(self._port, "127.0.0.1")
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
