"""What it weighs: import time, memory of each process, the page on the wire.

Prints medians of several runs; `make bench` runs it. Linux only: memory is read
from /proc. The limits beside the figures are the project's own.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import deployed
import results
from made_up import sign

from campaign.container import build_container
from campaign.settings.load import load_settings
from campaign.settings.settings import SHIPPED_CAMPAIGNS

RUNS = 5
LIMITS = {"web server": 150, "worker": 100}
PAGES = 240
LETTERS = 20
CAMPAIGN = "/console/c/eu-china-dialogue"
LETTERS_PAGE = f"{CAMPAIGN}/letters?recipient=DE/foreign-affairs"
PAGE = "/en/eu-china-dialogue"
LANGUAGES = [
    path.stem
    for path in sorted((SHIPPED_CAMPAIGNS / "eu-china-dialogue").glob("*.toml"))
    if path.stem != "campaign"
]


def main() -> None:
    results.row("import of the application", f"{import_milliseconds():.0f} ms", "<= 600")
    with tempfile.TemporaryDirectory() as instance:
        port = free_port()
        environ = {**os.environ, **deployed.malloc(), "CAMPAIGN_INSTANCE": instance}
        site = subprocess.Popen(
            [deployed.python(), "-m", "campaign", "run", "--port", str(port)],
            cwd=deployed.CHECKOUT,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            direct = console_address(site)
            wait_for(port)
            weigh_page(port)
            weigh_processes(port, site.pid, f"after {PAGES} pages in 24 languages")
            container = build_container(load_settings(environ))
            sign(container, LETTERS)
            container.database.close()
            organise(f"http://127.0.0.1:{port}", direct)
            weigh(site.pid, "after an organiser's turn, with a workbook and 20 prints")
        finally:
            site.send_signal(signal.SIGINT)
            site.wait()


def import_milliseconds() -> float:
    code = (
        "import time; began = time.perf_counter(); import campaign.web_app; "
        "print(time.perf_counter() - began)"
    )
    runs = [
        float(subprocess.check_output([deployed.python(), "-c", code], cwd=deployed.CHECKOUT))
        for _ in range(RUNS)
    ]
    return statistics.median(runs) * 1000


def weigh_page(port: int) -> None:
    page = fetch(port, PAGE)
    parts = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())))
    bodies = [fetch(port, part, packed=True) for part in (PAGE, *parts)]
    sent = sum(len(body) for body in bodies)
    said = f"in {len(bodies)} requests of 5"
    results.row("the letter's page with everything, as sent", f"{sent:,} B", "<= 35000", said)


def weigh_processes(port: int, parent: int, when: str) -> None:
    for number in range(PAGES):
        language = LANGUAGES[number % len(LANGUAGES)]
        fetch(port, PAGE.replace("/en/", f"/{language}/"))
    weigh(parent, when)


def weigh(parent: int, when: str) -> None:
    for pid, command in descendants(parent):
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        megabytes = int(found.group(1)) / 1024 if found else 0
        if command in LIMITS:
            limit = f"<= {LIMITS[command]}"
            results.row(f"{command} {when}", f"{megabytes:.0f} MB", limit, f"process {pid}")


def console_address(site: subprocess.Popen[str]) -> str:
    """Return where the made-up owner signs in, as `campaign run` prints it."""
    assert site.stdout is not None
    for line in site.stdout:
        if found := re.search(r"http://\S+/direct/\S+", line):
            return found.group()
    sys.exit("the site printed no address of the console")


def organise(base: str, direct: str) -> None:
    """Do what makes the web server largest: a workbook, a password, a QR code, letters."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(path: str) -> str:
        with browser.open(base + path) as answer:
            return str(answer.read().decode())

    def post(page: str, path: str, **fields: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', get(page))
        data = urlencode({**fields, "csrf_token": found.group(1) if found else ""}).encode()
        with browser.open(base + path, data) as answer:
            return str(answer.read().decode(errors="replace"))

    browser.open(direct, b"").close()
    post(
        f"{CAMPAIGN}/counts",
        f"{CAMPAIGN}/export/counts",
        by="day",
        format="xlsx",
    )
    person = {"name": "Vic Example", "email": "vic@example.org", "role": "viewer"}
    person["campaign"] = "eu-china-dialogue"
    invited = post("/console/people", "/console/people/invite", **person)
    link = re.search(r"/console/welcome/[\w-]+", invited)
    assert link
    post(f"{CAMPAIGN}/", f"{link.group()}/password", password="nine purple lamps sing loudly")  # noqa: S106
    for letter in re.findall(
        r'href="(/console/c/eu-china-dialogue/letters/0[^"]+)"', get(LETTERS_PAGE)
    ):
        post(letter, f"{letter}/print")


def descendants(parent: int) -> list[tuple[int, str]]:
    listing = subprocess.check_output(["ps", "-e", "-o", "pid=,ppid=,args="], text=True)
    rows = [line.split(None, 2) for line in listing.splitlines()]
    found: list[tuple[int, str]] = []
    wanted = {parent}
    for pid, ppid, arguments in sorted(rows, key=lambda row: int(row[0])):
        if int(ppid) in wanted:
            wanted.add(int(pid))
            of_parent = next((name for one, name in found if one == int(ppid)), "")
            name = label(arguments)
            # gunicorn's first process, 27 MB, only watches the one that answers.
            if name == of_parent:
                found.remove((int(ppid), of_parent))
            found.append((int(pid), name))
    return found


def label(arguments: str) -> str:
    kinds = {"app:app": "web server", "create_mailbox_app": "mailbox", "campaign worker": "worker"}
    return next((name for key, name in kinds.items() if key in arguments), arguments[:26])


def fetch(port: int, path: str, *, packed: bool = False) -> bytes:
    request = Request(f"http://127.0.0.1:{port}{path}")
    if packed:
        request.add_header("Accept-Encoding", "gzip")
    with urlopen(request) as answer:
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
