"""A machine on which deploy/upgrade.sh runs: stand-ins for systemd, sudo and the package index.

The web server is the real one. As under systemd, it gets its socket from outside, and each start
reads the environment's file again; unlike there, nobody waits until it has started.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyrage

from campaign.settings.settings import BASE_DIR
from tests.helpers import process_reaper as guard
from tests.helpers.running_site import PATIENCE, RunningSite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WORKERS = ("campaign-worker@1.service", "campaign-worker@2.service")
OTHERS = (*WORKERS, "campaign-inbound.service", "campaign-metrics.service")
RUNS = ("campaign-web.socket", *OTHERS)
SHIPPED = ("campaign", "templates", "static", "deploy")
FILES = ("app.py", "pyproject.toml", "requirements.txt")

_SUDO = """\
#!/bin/sh
shift 3
exec "$@"
"""

# What `python -m venv` makes here: the tests' Python, with the release's code in front of it.
_VENV = """\
#!/bin/sh
# -m venv FOLDER
release=$(dirname "$3")
mkdir -p "$3/bin"
for program in python campaign gunicorn pybabel; do
    case $program in python) module= ;; *) module="-m $program" ;; esac
    cat >"$3/bin/$program" <<END
#!/bin/sh
case "\\$*" in
*pip*install* | *compileall*) exit 0 ;;
"--quiet compile"*)
    cd "{checkout}/campaign"
    find . -name "*.mo" -exec cp --parents {{}} "$release/campaign" \\; && exit ;;
esac
PYTHONPATH="$release" exec "{python}" $module "\\$@"
END
    chmod +x "$3/bin/$program"
done
"""

_SYSTEMCTL = """\
#!/bin/bash
exec 9>&-
echo "$*" >>"$STATE/log"
start() {
    case $1 in
    campaign-web*.service)
        [ ! -e "$STATE/broken" ] || return 1
        (set -a; . "$ENV_FILE"; set +a; cd "$ROOT/current"; unset PWD
        exec 3<&"$SOCKET_FD"
        LISTEN_FDS=1 exec bash -c 'LISTEN_PID=$$ exec "$0" "$@"' .venv/bin/gunicorn \\
            --config python:campaign.server --workers 2 --worker-connections 8 app:app) \\
            >>"$STATE/web.log" 2>&1 &
        echo $! >"$STATE/$1" ;;
    *) : >"$STATE/$1" ;;
    esac
}
stop() {
    pid=$(cat "$STATE/$1")
    rm "$STATE/$1"
    [ -z "$pid" ] || kill -TERM "$pid"
    while [ -n "$pid" ] && grep -qs '^State:.[^Z]' "/proc/$pid/status"; do sleep 0.1; done
}
case $1 in
is-active) [ -e "$STATE/$3" ] ;;
cat) cat "$UNITS/$2" ;;
list-units) ls "$STATE" | grep '^campaign-worker@' ;;
start) start "$2" ;;
stop) stop "$2" ;;
restart) stop "$2"; start "$2" ;;
esac
"""


@dataclass
class FakeMachine:
    """Its folders under one, and a socket that stays while processes come and go."""

    folder: Path
    database_url: str
    listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=2048)
    )

    def __post_init__(self) -> None:
        for name in ("bin", "state", "units", "runtime", "backups", "instance", "srv/releases"):
            (self.folder / name).mkdir(parents=True)
        venv = _VENV.format(checkout=BASE_DIR, python=sys.executable)
        for name, text in {"sudo": _SUDO, "venv": venv, "systemctl": _SYSTEMCTL}.items():
            (self.folder / "bin" / name).write_text(text)
            (self.folder / "bin" / name).chmod(0o755)
        for unit in (BASE_DIR / "deploy" / "systemd").iterdir():
            text = unit.read_text().replace("/srv/campaign", str(self.root))
            (self.folder / "units" / unit.name).write_text(text)
        key = pyrage.x25519.Identity.generate().to_public()
        port = int(self.listener.getsockname()[1])
        more = {"CAMPAIGN_BACKUP_KEYS": str(key)}
        url = self.database_url
        self.site = RunningSite(self.folder / "instance", port, port, url, more=more)
        self.set()

    @property
    def root(self) -> Path:
        return self.folder / "srv"

    @property
    def current(self) -> Path:
        return (self.root / "current").resolve()

    @property
    def asked_of_systemd(self) -> list[str]:
        return (self.folder / "state" / "log").read_text().splitlines()

    def set(self, **changes: str) -> None:
        """Write the environment's file."""
        environ = {name: value for name, value in self.site.environ.items() if name != "PATH"}
        lines = [f"{name}='{value}'\n" for name, value in (environ | changes).items()]
        (self.folder / "campaign.env").write_text("".join(lines))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environ = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "ROOT": str(self.root),
            "ENV_FILE": str(self.folder / "campaign.env"),
            "BACKUPS": str(self.folder / "backups"),
            "UNITS": str(self.folder / "units"),
            "RUNTIME_UNITS": str(self.folder / "runtime"),
            "NGINX": str(self.folder / "nginx.conf"),
            "PYTHON": str(self.folder / "bin" / "venv"),
            "SETTLE": "1",
            "STATE": str(self.folder / "state"),
            "SOCKET_FD": str(self.listener.fileno()),
        }
        with (self.folder / "out").open("w") as out:
            process = guard.popen(
                command,
                env=environ,
                pass_fds=(self.listener.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            code = process.wait(PATIENCE * 4)
        return subprocess.CompletedProcess(command, code, (self.folder / "out").read_text())

    def upgrade(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script, as whoever runs the site does."""
        return self.run(str(BASE_DIR / "deploy" / "upgrade.sh"), *arguments)

    def start(self) -> None:
        """Let everything run, as systemd does when the machine starts."""
        for unit in (*RUNS, "campaign-web.service"):
            self.run("systemctl", "start", unit)
        (self.folder / "state" / "log").write_text("")

    def end(self) -> None:
        for unit in (self.folder / "state").glob("campaign-web*.service"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(unit.read_text()), signal.SIGTERM)
        self.listener.close()


class FakeRepository:
    """The repository that versions come from."""

    def __init__(self, machine: FakeMachine) -> None:
        self._origin = machine.folder / "origin"
        self._origin.mkdir()
        ignore = shutil.ignore_patterns("__pycache__", "*.mo")
        for name in SHIPPED:
            shutil.copytree(BASE_DIR / name, self._origin / name, ignore=ignore)
        for name in FILES:
            shutil.copy(BASE_DIR / name, self._origin)
        self._git("init", "--initial-branch", "main")
        self.tag("v1")
        self._git("clone", str(self._origin), str(machine.root / "source"))

    def change(self, path: str, old: str, new: str) -> None:
        file = self._origin / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def add(self, path: str, content: str) -> None:
        (self._origin / path).write_text(content, encoding="utf-8")

    def tag(self, name: str) -> None:
        """Commit everything, under a name."""
        self._git("add", "--all")
        who = ("-c", "user.name=Testa", "-c", "user.email=testa@example.org")
        self._git(*who, "commit", "--quiet", "--message", name)
        self._git("tag", name)

    def _git(self, *arguments: str) -> None:
        command: Sequence[str] = ["git", *arguments]
        subprocess.run(command, cwd=self._origin, check=True, capture_output=True)
