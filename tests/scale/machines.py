"""What `make scale-test` runs on: one machine, and what follows when one is outgrown."""

from __future__ import annotations

import signal
import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from campaign.settings.settings import BASE_DIR
from campaign.store.database import Database
from tests.bad_days.parts import Postgres, prepared, rehearsing
from tests.browser.conftest import free_port
from tests.helpers import process_reaper as guard
from tests.helpers.databases import Standby
from tests.helpers.running_site import kill, stopping
from tests.scale.costs import server_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers.running_site import RunningSite

    Start = Callable[[], subprocess.Popen[bytes]]

_KINDS = {"both": "web processes", "web": "web processes", "worker": "workers"}
"""What a part is, by the first word of its name, where several are."""

POOLER = BASE_DIR / "deploy" / "pgbouncer" / "campaign.ini"


@dataclass
class Part:
    """A part that can be killed, and brought back."""

    name: str
    kill: Callable[[], None]
    start: Callable[[], None]


class Machine:
    """nginx, web processes, workers, PostgreSQL and Redis, each a process of its own.

    `site` is where visitors come and whose database the books are read from; `running` is the same
    site as its own processes are told about it.
    """

    title = "One machine"
    described = """\
nginx with the configuration that is documented, two web processes, three workers, PostgreSQL and
Redis."""

    def __init__(self, path: Path, mail_port: int) -> None:
        self.path = path
        self._stack = ExitStack()
        self.server = Postgres(path / "postgresql")
        self._stack.callback(self.server.close)
        self._redis_port = free_port()
        limits = {"CAMPAIGN_LIMITS_STORE": f"redis://127.0.0.1:{self._redis_port}/0"}
        self.site = prepared(path, self.server.url, **rehearsing(mail_port), **limits)
        (self.site.folder / "nginx-cache").mkdir()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.parts: list[Part] = []
        self.web_parts: list[Part] = []
        try:
            self.running = self._running_site()
            self._start_all()
            self.site.wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with self._stack, stopping(*self._processes.values()):
            pass

    def watch(self) -> None:
        """Note what changes under the load; called once a second."""

    def families(self) -> dict[str, list[int]]:
        """Return the processes by what they are; each has the children that it started."""
        found: dict[str, list[int]] = {}
        for name, process in self._processes.items():
            found.setdefault(_KINDS.get(name.split()[0], name), []).append(process.pid)
        return found | {"PostgreSQL": server_of(self.path / "postgresql")}

    def facts(self) -> list[str]:
        """Return what else came of the load, a sentence each."""
        return []

    def _running_site(self) -> RunningSite:
        return self.site

    def _start_all(self) -> None:
        redis = ["redis-server", "--port", str(self._redis_port), "--bind", "127.0.0.1"]
        redis += ["--save", ""]
        self._add("Redis", lambda: guard.popen(redis, stdout=subprocess.DEVNULL))
        self._add("nginx", self._nginx)
        self.web_parts = self._add_web()
        self._add("worker 1", self.running.worker)
        for number in (2, 3):
            self._processes[f"worker {number}"] = self.running.worker()
        self.parts.append(Part("PostgreSQL", self.server.kill, self.server.start))

    def _nginx(self) -> subprocess.Popen[bytes]:
        return self.site.nginx()

    def _add_web(self) -> list[Part]:
        return [self._add("both web processes", lambda: _web(self.running))]

    def _add(self, name: str, start: Start) -> Part:
        def again() -> None:
            self._processes[name] = start()

        def end() -> None:
            kill(self._processes[name], signal.SIGKILL)
            self._processes[name].wait()

        again()
        self.parts.append(Part(name, end, again))
        return self.parts[-1]


class Fleet(Machine):
    """Two hosts' web processes, and PgBouncer in front of PostgreSQL and a replica of it."""

    title = "When one machine is outgrown"
    described = """\
nginx in front of two hosts with two web processes each, which share nothing but PostgreSQL, Redis
and the folder of exports; three workers; PgBouncer in transaction mode, with the configuration that
is documented, in front of PostgreSQL and of its streaming replica. All of it on the same two cores,
so what is measured is that it works, and what it costs."""

    def _running_site(self) -> RunningSite:
        folder = self.path / "replica"
        folder.mkdir()
        self._standby = Standby(self.server.url, folder)
        self._stack.callback(self._standby.kill)
        self._lags: list[float] = []
        self._database = Database(self.server.url, replica_url=self._standby.url)
        self._stack.callback(self._database.close)
        self._pooler_port = free_port()
        url = f"postgresql://postgres@127.0.0.1:{self._pooler_port}/campaign"
        pooled = {
            "CAMPAIGN_REPLICA_URL": f"{url}_replica",
            "CAMPAIGN_PREPARED_STATEMENTS": "no",
        }
        return replace(self.site, database_url=url, more={**self.site.more, **pooled})

    def _start_all(self) -> None:
        self._add("PgBouncer", self._pooler)
        self._hosts = (self.running, replace(self.running, port=free_port()))
        super()._start_all()
        self.parts.append(Part("the replica", self._standby.kill, self._standby.start))

    def watch(self) -> None:
        health = self._database.replica_health()
        if health is not None and health.lag is not None:
            self._lags.append(1000 * health.lag.total_seconds())

    def facts(self) -> list[str]:
        median, most = statistics.median(self._lags), max(self._lags)
        return [
            f"Asked once a second, the replica was {median:.0f} ms behind, at most {most:.0f} ms."
        ]

    def families(self) -> dict[str, list[int]]:
        return super().families() | {"the replica": server_of(self.path / "replica")}

    def _nginx(self) -> subprocess.Popen[bytes]:
        first, second = (f"server 127.0.0.1:{host.port};" for host in self._hosts)
        return self.site.nginx(**{first: f"{first} {second}"})

    def _add_web(self) -> list[Part]:
        first, second = self._hosts
        return [
            self._add("web processes of one host", lambda: _web(first)),
            self._add("web processes of the other", lambda: _web(second)),
        ]

    def _pooler(self) -> subprocess.Popen[bytes]:
        folder = self.path / "pgbouncer"
        folder.mkdir(exist_ok=True)
        (socket,) = parse_qs(urlsplit(self.server.url).query)["host"]
        text, there = POOLER.read_text("utf-8"), "dbname=postgres user=postgres"
        for old, new in {
            "host=127.0.0.1 port=5432 dbname=campaign": f"host={socket} {there}",
            "host=127.0.0.1 port=5433 dbname=campaign": f"host={self.path}/replica {there}",
            "listen_port = 6432": f"listen_port = {self._pooler_port}\nunix_socket_dir =",
            "auth_type = scram-sha-256": "auth_type = any",
            "auth_file = /etc/pgbouncer/userlist.txt": "",
        }.items():
            assert old in text, f"{POOLER} has no longer {old}"
            text = text.replace(old, new)
        (folder / "campaign.ini").write_text(text)
        with (folder / "log").open("ab") as log:
            return guard.popen(
                ["pgbouncer", str(folder / "campaign.ini")],
                user=(self.path / "postgresql").owner(),  # it refuses to be root
                stdout=log,
                stderr=log,
            )


def _web(site: RunningSite) -> subprocess.Popen[bytes]:
    """Start a host's web server as deploy/systemd/campaign-web.service does."""
    return site.web("app:app", "--worker-connections", "8", processes=2)
