"""What it weighs: import time, memory of each process, the page on the wire.

Prints medians of several runs; `make bench` runs it. Linux only: memory is read
from /proc. The limits beside the figures are the project's own.
"""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = 5
PAGE = "/en/eu-china-dialogue"


def main() -> None:
    print(f"import of the application   {import_milliseconds():8.0f} ms   limit 1000")
    with tempfile.TemporaryDirectory() as instance:
        port = free_port()
        environ = {**os.environ, "CAMPAIGN_INSTANCE": instance}
        site = subprocess.Popen(
            [sys.executable, "-m", "campaign", "run", "--port", str(port)],
            cwd=CHECKOUT,
            env=environ,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            weigh_page(port)
            weigh_processes(port, site.pid)
        finally:
            site.send_signal(signal.SIGINT)
            site.wait()


def import_milliseconds() -> float:
    code = (
        "import time; began = time.perf_counter(); import campaign.factory; "
        "print(time.perf_counter() - began)"
    )
    runs = [
        float(subprocess.check_output([sys.executable, "-c", code], cwd=CHECKOUT))
        for _ in range(RUNS)
    ]
    return statistics.median(runs) * 1000


def weigh_page(port: int) -> None:
    page = fetch(port, PAGE)
    parts = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())))
    bodies = [page, *(fetch(port, part) for part in parts)]
    plain = sum(len(body) for body in bodies)
    packed = sum(len(gzip.compress(body)) for body in bodies)
    print(f"page with everything        {plain:8d} B    limit 35000, {len(bodies)} requests of 5")
    print(f"the same behind a gzip proxy{packed:8d} B")


def weigh_processes(port: int, parent: int) -> None:
    for _ in range(200):
        fetch(port, PAGE)
    for pid, command in descendants(parent):
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        megabytes = int(found.group(1)) / 1024 if found else 0
        print(f"{command:28}{megabytes:8.0f} MB")


def descendants(parent: int) -> list[tuple[int, str]]:
    listing = subprocess.check_output(["ps", "-e", "-o", "pid=,ppid=,args="], text=True)
    rows = [line.split(None, 2) for line in listing.splitlines()]
    found, wanted = [], {parent}
    for pid, ppid, arguments in sorted(rows, key=lambda row: int(row[0])):
        if int(ppid) in wanted:
            wanted.add(int(pid))
            found.append((int(pid), label(arguments)))
    return found


def label(arguments: str) -> str:
    kinds = {"app:app": "web server", "create_mailbox": "mailbox", "campaign worker": "worker"}
    return next((name for key, name in kinds.items() if key in arguments), arguments[:26])


def fetch(port: int, path: str) -> bytes:
    with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        body: bytes = answer.read()
    return body


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            fetch(port, "/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the site did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
