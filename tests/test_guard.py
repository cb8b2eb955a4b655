"""What a run of tests has started is gone when the run is, however that ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from campaign.settings.settings import BASE_DIR
from tests.browser.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 300

RUN = """
import time
from pathlib import Path
from tests.browser.conftest import Site, start, wait_until_up
from tests.conftest import postgresql_server

def test_that_waits(postgresql_server):
    site = Site({port}, Path({instance!r}))
    wait_until_up(site, start(site))
    Path({ready!r}).write_text(postgresql_server)
    time.sleep(600)
"""


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_leaves_no_site_and_no_database_server(
    tmp_path: Path, how: signal.Signals
) -> None:
    port, ready, script = free_port(), tmp_path / "ready", tmp_path / "test_run.py"
    names = {"port": port, "instance": str(tmp_path / "instance"), "ready": str(ready)}
    script.write_text(RUN.format(**names))
    (tmp_path / "instance").mkdir()
    (tmp_path / "pytest.ini").touch()
    environ = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    # Whoever starts tests in the background may have made them deaf to Ctrl-C.
    run = subprocess.Popen(
        [
            "env",
            "--default-signal=INT",
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(script),
        ],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(BASE_DIR)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: ready.exists() or run.poll() is not None)
        assert run.poll() is None, "the run ended by itself"
        server = Path(parse_qs(urlsplit(ready.read_text()).query)["host"][0])
        assert is_open(port)
        assert server.is_dir()
        run.send_signal(how)
        wait_for(lambda: not is_open(port) and not is_open(port + 1) and not server.exists())
    finally:
        run.kill()
        run.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
