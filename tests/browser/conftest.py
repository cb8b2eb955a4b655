"""A whole site as `make run` starts it, and a Chromium that looks at it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

from campaign.settings.settings import BASE_DIR
from tests.browser import chromium
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

PATIENCE = 60.0
PICTURES = os.environ.get("PICTURES")
"""The folder for pictures of every page, or None. `make pictures` sets it."""


@dataclass(frozen=True)
class Site:
    """A running site. `outbox` is the folder that it writes its mail to."""

    port: int
    instance: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mailbox(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"


def free_port() -> int:
    """Return a port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def start(site: Site, **environ: str) -> subprocess.Popen[str]:
    return guard.popen(
        [sys.executable, "-m", "campaign", "run", "--port", str(site.port)],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "CAMPAIGN_INSTANCE": str(site.instance), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_up(site: Site, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    for address in (f"{site.address}/readyz", site.mailbox):
        while True:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the site did not start"
            try:
                with urlopen(address, timeout=5):  # noqa: S310 - loopback
                    break
            except OSError:
                time.sleep(0.1)


def stop(process: subprocess.Popen[str]) -> str:
    """End the site as Ctrl-C does and return what it said."""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=PATIENCE)[0]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(free_port(), tmp_path_factory.mktemp("site"))
    process = start(made)
    wait_until_up(made, process)
    yield made
    stop(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while it is open, an event loop runs in this thread."""
    path = chromium.find()
    assert path, "no Chromium; run python -m tests.browser.chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        yield launched
        launched.close()
