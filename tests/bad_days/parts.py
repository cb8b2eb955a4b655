"""What a bad day happens to: a PostgreSQL that can be killed, and a site beside a mail server."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import psycopg

from tests.browser.conftest import free_port
from tests.helpers.databases import kill_server, server_in, watch_server
from tests.helpers.running_site import NO_RATE_LIMITS, PATIENCE, RunningSite
from tests.helpers.smtp_server import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("sqlite", "postgresql")


class Postgres:
    """A server in a folder of its own; what it has committed survives a kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = server_in(folder)

    @property
    def url(self) -> str:
        return self._server.get_uri()

    def start(self) -> None:
        """Start it again; after a kill it has to read its log first, which may take a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._server.start()
            except subprocess.SubprocessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                watch_server(self._folder)
                return

    def stop(self) -> None:
        """Stop it as an upgrade does: connections are ended, and what was committed stays."""
        self._server.stop()

    def kill(self) -> None:
        """End it as a power cut does."""
        kill_server(self._folder)

    def allow(self, connections: int) -> None:
        """Let so many be connected at once, from the next start on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {connections}")

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that other users may enter: PostgreSQL is not run by root."""
    made = Path(mkdtemp(prefix="campaign-bad-day-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def site(kind: str, **more: str) -> Iterator[RunningSite]:
    """Give a prepared site on a database of a kind; its processes are started by the caller."""
    with folder() as path:
        server = Postgres(path / "postgresql") if kind == "postgresql" else None
        try:
            yield prepared(path, server.url if server else f"sqlite:///{path}/site.sqlite3", **more)
        finally:
            if server:
                server.close()


def prepared(path: Path, url: str, **more: str) -> RunningSite:
    instance = path / "instance"
    instance.mkdir(mode=0o700)
    notice = {"CAMPAIGN_PRIVACY_URL": "https://letters.example.org/privacy"}
    given = {**NO_RATE_LIMITS, **notice, "CAMPAIGN_FORM_SECONDS": "0", **more}
    made = RunningSite(instance, free_port(), free_port(), url, more=given)
    made.prepare()
    return made


def rehearsing(port: int) -> dict[str, str]:
    """Return the settings that hand all mail to a server on this machine."""
    return {
        "CAMPAIGN_TRANSPORT": "rehearsal",
        "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
        "CAMPAIGN_SMTP_HOST": HOST,
        "CAMPAIGN_SMTP_PORT": str(port),
        "CAMPAIGN_SMTP_TLS": "none",
        "CAMPAIGN_MAILS_PER_HOUR": "10000000",
        "CAMPAIGN_MAILS_PER_DOMAIN": "10000000",
    }
