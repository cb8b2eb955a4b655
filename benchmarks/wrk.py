"""Send prepared requests with wrk (github.com/wg/wrk), each once, and say what came back."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECTIONS = 16
SECONDS = 4

# One thread, so that no request is sent twice; a run that comes to the end of them fails.
_SCRIPT = """
local threads = {}
function setup(thread)
  threads[1] = thread
end
sent, others, known = 0, 0, 0
local requests = {}
local file = io.open("%(file)s", "rb")
while true do
  local length = file:read("*l")
  if not length then break end
  requests[#requests + 1] = file:read(tonumber(length))
end
known = #requests
function request()
  sent = sent + 1
  return requests[(sent - 1) %% known + 1]
end
function response(status)
  if status ~= %(wanted)s then others = others + 1 end
end
function done()
  local thread = threads[1]
  print("others " .. thread:get("others"))
  print("sent " .. thread:get("sent") .. " of " .. thread:get("known"))
end
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Answered:
    """`rate`: answers a second. `median`: milliseconds. `others`: answers of another status.

    `number`: of all answers.
    """

    rate: float
    median: float
    others: int
    number: int = 0


def needs() -> None:
    if shutil.which("wrk") is None:
        sys.exit("this benchmark needs wrk (Debian: apt-get install wrk)")


def send(
    port: int,
    requests: Sequence[bytes],
    *,
    status: int,
    seconds: int = SECONDS,
    again: bool = False,
    connections: int = CONNECTIONS,
) -> Answered:
    """Send requests for some seconds over connections that are kept, each once or `again`."""
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "requests", Path(folder) / "send.lua"
        with file.open("wb") as out:
            for one in requests:
                out.write(b"%d\n" % len(one) + one)
        script.write_text(_SCRIPT % {"file": file, "wanted": status})
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        command += ["-s", str(script), f"http://127.0.0.1:{port}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    others, number = re.search(r"others (\d+)", said), re.search(r"(\d+) requests in", said)
    sent = re.search(r"sent (\d+) of (\d+)", said)
    if sent and int(sent[1]) > int(sent[2]) and not again:
        sys.exit(f"there were too few requests: {sent[0]}")
    if not (rate and median and others and number):
        sys.exit(f"wrk did not get through:\n{said}")
    return Answered(
        float(rate[1]), float(median[1]) * _UNITS[median[2]], int(others[1]), int(number[1])
    )


def get(path: str, headers: Mapping[str, str]) -> bytes:
    return _head("GET", path, headers) + b"\r\n"


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    more = {
        **headers,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
    }
    return _head("POST", path, more) + b"\r\n" + body


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "".join(f"{line}\r\n" for line in lines).encode()


def middle(answers: Sequence[Answered]) -> Answered:
    """Return the medians of several runs; fail if anything was answered otherwise."""
    others = sum(one.others for one in answers)
    if others:
        sys.exit(f"{others} answers were not what was asked for")
    return Answered(
        statistics.median(one.rate for one in answers),
        statistics.median(one.median for one in answers),
        0,
    )
