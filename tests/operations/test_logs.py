"""What the application server says of itself is readable, and what it says of visitors is not."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from campaign import logs
from campaign.settings.settings import BASE_DIR
from tests.browser.conftest import free_port
from tests.helpers import process_reaper as guard
from tests.helpers.running_site import children, stopping

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable
    from pathlib import Path

PATIENCE = 60


def application(_environ: dict[str, str], begin: Callable[..., object]) -> Iterable[bytes]:
    """Answer, as any application does, so that the server can be started by itself."""
    begin("200 OK", [])
    return [b""]


def server(port: int, log: Path) -> subprocess.Popen[bytes]:
    arguments = ["--config", "python:campaign.server", "--bind", f"127.0.0.1:{port}"]
    with log.open("ab") as out:
        return guard.popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                *arguments,
                "tests.operations.test_logs:application",
            ],
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"], "CAMPAIGN_INSTANCE": str(log.parent)},
            stdout=out,
            stderr=out,
        )


def said(log: Path, words: str) -> str:
    """Wait for an event with these words and return it whole."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        if found := [event for event in events if words in event]:
            return str(found[0])
        time.sleep(0.1)
    raise TimeoutError(log.read_text())


@pytest.mark.long
def test_the_server_says_which_address_is_taken_and_which_process_was_killed(
    tmp_path: Path,
) -> None:
    port, log = free_port(), tmp_path / "server.log"
    first = server(port, log)
    with stopping(first):
        while not (workers := children(first.pid)):
            time.sleep(0.1)
        os.kill(workers[0], signal.SIGKILL)
        killed = f"Worker (pid:{workers[0]}) was sent SIGKILL! Perhaps out of memory?"
        assert said(log, "was sent") == killed
        with stopping(server(port, log)):
            assert said(log, "in use") == f"Connection in use: ('127.0.0.1', {port})"


def formatted(words: str, values: tuple[object, ...]) -> str:
    """Return what becomes of words of gunicorn's."""
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 1, words, values, None)
    return str(json.loads(logs.formatter().format(record))["event"])


@pytest.mark.parametrize(
    ("words", "values", "written"),
    [
        ("%s did %d of %d", ("Canaria Exampleton", 2, 3), "<…> did 2 of 3"),
        ("%(who)s did %(what)d", ({"who": "Canaria", "what": 2},), "%(who)s did %(what)d"),
        ("too few %s %s", ("Canaria",), "too few %s %s"),
        ("a number %d", ("Canaria",), "a number %d"),
        ("at %s, %.1f s", ("/private/token", 1.25), "at <…>, 1.2 s"),
    ],
)
def test_of_what_libraries_say_numbers_stay_and_words_of_others_go(
    words: str, values: tuple[object, ...], written: str
) -> None:
    assert formatted(words, values) == written


def test_a_trace_that_the_server_puts_into_its_words_is_left_out() -> None:
    words, values = "Exception during worker exit:\n%s", ("Traceback:\nCanaria",)
    assert formatted(words, values) == "Exception during worker exit: <…>"
