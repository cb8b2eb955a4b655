"""A site as it is deployed, each part a process of its own: web server, workers, nginx."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING

import trustme

from campaign.container import build_container
from campaign.operations.commands.prepare import load_data
from campaign.settings.keys import load_or_create_key
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from campaign.store import migrate
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.container import Container

PATIENCE = 60.0
DEPLOYED = BASE_DIR / "deploy" / "nginx" / "campaign.conf"
NO_RATE_LIMITS = {
    "CAMPAIGN_NETWORK_PER_FORM": "1000000",
    "CAMPAIGN_NETWORK_OVERALL": "1000000",
    "CAMPAIGN_NETWORK_MAILS_PER_HOUR": "1000000",
    "CAMPAIGN_MAILS_PER_HOUR": "10000000",
    "CAMPAIGN_MAILS_PER_DOMAIN": "10000000",
}
"""Everybody who visits in these runs comes from one machine."""

_MAIN_CONF = """\
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    include {folder}/campaign.conf;
}}
"""


@dataclass
class RunningSite:
    """Where a site's processes listen. Visitors come to `proxy`, and the proxy to `port`."""

    folder: Path
    port: int
    proxy: int
    database_url: str
    checkout: Path = BASE_DIR
    """Whose processes run; another one is an earlier commit's."""
    more: dict[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Settings that are left out."""
    python: str = sys.executable

    @property
    def environ(self) -> dict[str, str]:
        """Return the settings, as in production; mail goes to files."""
        given = {
            "PATH": os.environ["PATH"],
            "CAMPAIGN_ENVIRONMENT": "production",
            "CAMPAIGN_INSTANCE": str(self.folder),
            "CAMPAIGN_BASE_URL": f"https://localhost:{self.proxy}",
            "CAMPAIGN_DATABASE_URL": self.database_url,
            "CAMPAIGN_PROXY_HOPS": "1",
            "CAMPAIGN_OPERATOR_NAME": "Made-up Society",
            "CAMPAIGN_OPERATOR_ADDRESS": "Made-up Street 2",
            "CAMPAIGN_OPERATOR_CONTACT": "office@letters.example.org",
            "CAMPAIGN_PROCESSORS": "none",
            "CAMPAIGN_SENDER": "post@letters.example.org",
            "CAMPAIGN_TOKEN_KEYS": self._key("token"),
            "CAMPAIGN_SEALING_KEYS": self._key("sealing"),
            "CAMPAIGN_IDENTITY_KEY": self._key("identity"),
            **self.more,
        }
        return {name: value for name, value in given.items() if name not in self.without}

    def _key(self, name: str) -> str:
        return load_or_create_key(self.folder / f"{name}.secret")

    def container(self) -> Container:
        """Return the same site's objects in this process."""
        return build_container(load_settings(self.environ))

    def prepare(self) -> None:
        container = self.container()
        migrate.upgrade(container.database)
        load_data(container)
        container.database.close()

    def web(
        self, application: str = "app:app", *more: str, processes: int = 1, clock: str = ""
    ) -> subprocess.Popen[bytes]:
        """Start the web server; `clock`: another time, as faketime writes it."""
        arguments = ["--config", "python:campaign.server", "--bind", f"127.0.0.1:{self.port}"]
        arguments += ["--workers", str(processes), *more, application]
        return self._start("gunicorn", *arguments, clock=clock)

    def worker(self, *, clock: str = "") -> subprocess.Popen[bytes]:
        return self._start("campaign", "worker", clock=clock)

    def _start(self, module: str, *arguments: str, clock: str) -> subprocess.Popen[bytes]:
        wrapped = ["faketime", "-f", clock] if clock else []
        environ = self.environ
        if module != "gunicorn":
            # Half a second takes as long by a wrong clock. (Gunicorn compares this with the times
            # of files, which are faked beside it.)
            environ |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        # What it writes goes into one file, for whoever looks for what must not be in it.
        with (self.folder / f"{module}.log").open("ab") as log:
            return guard.popen(
                [*wrapped, self.python, "-m", module, *arguments],
                cwd=self.checkout,
                env=environ,
                stdout=log,
                stderr=log,
            )

    def nginx(self, **changes: str) -> subprocess.Popen[bytes]:
        """Start the proxy with the configuration that is documented, on ports of its own."""
        authority = trustme.CA()
        certificate = self.folder / "site.pem"
        pem = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
        pem.write_to_path(str(certificate))
        text = DEPLOYED.read_text()
        for old, new in {
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "listen 80;": f"listen 127.0.0.1:{self.proxy + 1};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.proxy} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/etc/letsencrypt/live/letters.example.org/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/letters.example.org/privkey.pem": str(certificate),
            "/var/log/nginx": str(self.folder),
            "/var/cache/nginx/campaign": str(self.folder / "nginx-cache"),
            "letters.example.org": "localhost",
            **changes,
        }.items():
            assert old in text, f"{DEPLOYED} has no longer {old}"
            text = text.replace(old, new)
        (self.folder / "campaign.conf").write_text(text)
        main = self.folder / "nginx.conf"
        user = "root" if os.geteuid() == 0 else "nobody"
        main.write_text(_MAIN_CONF.format(folder=self.folder, user=user))
        return guard.popen(["nginx", "-p", str(self.folder), "-c", str(main)])

    def wait(self) -> None:
        """Return when the site answers through the proxy; raise TimeoutError if it never does."""
        _wait(lambda: get(self.proxy, "/healthz") == b"ok\n")

    def wait_for_web(self) -> None:
        """Return when the web server takes connections; raise TimeoutError if it never does."""

        def is_up() -> bool:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True

        _wait(is_up)


def _wait(is_up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if is_up():
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise TimeoutError("the site did not start")


def get(port: int, path: str) -> bytes:
    """Ask the proxy on this machine, whose certificate nobody has to know."""
    unverified = ssl._create_unverified_context()  # noqa: S323 - loopback
    connection = HTTPSConnection("localhost", port, timeout=30, context=unverified)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def stopping(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """End processes, and what they started, however the block ends."""
    try:
        yield
    finally:
        for process in processes:
            kill(process, signal.SIGTERM)
        for process in processes:
            try:
                process.wait(PATIENCE / 4)
            except subprocess.TimeoutExpired:
                kill(process, signal.SIGKILL)


def kill(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Send a signal to a process and all that it started; nothing if it has ended."""
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        return


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    command = ["ps", "-o", "pid=", "--ppid", str(pid)]
    said = subprocess.run(command, capture_output=True, check=False)
    return [int(one) for one in said.stdout.split()]
