"""deploy/upgrade.sh: a new version or environment takes over, and no request is lost meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from campaign.settings.settings import BASE_DIR
from tests.conftest import SLUG
from tests.helpers.fake_machine import OTHERS, FakeMachine, FakeRepository
from tests.helpers.running_site import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

PAGE = f"/en/{SLUG}"
OLD, NEW = b'<main id="main"', b'<main id="main" data-version="2"'
VERSIONS = "campaign/store/migrations/versions"


@pytest.fixture
def machine(sqlite_url: str, tmp_path: Path) -> Iterator[FakeMachine]:
    made = FakeMachine(tmp_path, sqlite_url)
    yield made
    made.end()


@pytest.fixture
def source(machine: FakeMachine) -> FakeRepository:
    return FakeRepository(machine)


@pytest.fixture
def running(machine: FakeMachine, source: FakeRepository) -> FakeMachine:
    """A machine whose first version runs."""
    done = machine.upgrade("v1")
    assert done.returncode == 0, done.stdout
    machine.start()
    return machine


def second_version(source: FakeRepository) -> None:
    source.change("templates/base.html", OLD.decode(), NEW.decode())
    source.tag("v2")


class Visitors:
    """Ask again and again, each time over a connection of its own, as the proxy does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.pages: list[bytes] = []
        self.lost: list[str] = []

    def visit(self, stop: threading.Event) -> None:
        while not stop.is_set():
            time.sleep(0.02)
            for method, path in (("GET", PAGE), ("GET", "/static/site.css"), ("POST", PAGE)):
                try:
                    status, body = self.ask(method, f"{path}/sign" if method == "POST" else path)
                except (OSError, HTTPException) as error:
                    self.lost.append(f"{method} {path}: {error!r}")
                    continue
                # An empty form is given back with what it lacks.
                if status not in ({200, 422} if method == "POST" else {200}):
                    self.lost.append(f"{method} {path}: {status}")
                if path == PAGE and method == "GET":
                    self.pages.append(body)

    def wait_for_more_pages(self) -> None:
        """Wait as long as a start takes: a slow machine answers nothing meanwhile."""
        wanted = len(self.pages) + 6
        deadline = time.monotonic() + PATIENCE
        while len(self.pages) < wanted and time.monotonic() < deadline:
            time.sleep(0.1)

    def ask(self, method: str, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        headers = {"Host": "localhost", "Connection": "close", **kind}
        body = urlencode({"name": ""}) if method == "POST" else None
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


@contextmanager
def visitors(machine: FakeMachine) -> Iterator[Visitors]:
    """Let visitors come from before a change until several pages were answered after it."""
    made, stop = Visitors(machine.site.port), threading.Event()
    assert made.ask("GET", PAGE)[0] == 200
    threads = [threading.Thread(target=made.visit, args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield made
        made.wait_for_more_pages()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_an_upgrade_loses_no_request_and_can_be_taken_back(
    running: FakeMachine, source: FakeRepository
) -> None:
    first = running.current
    second_version(source)
    with visitors(running) as coming:
        done = running.upgrade("v2")
    assert done.returncode == 0, done.stdout
    assert coming.lost == []
    assert NEW not in coming.pages[0]
    assert NEW in coming.pages[-1]
    assert running.current != first
    assert running.current.name == (running.current / "COMMIT").read_text().strip()
    assert len(list((running.folder / "backups").glob("*.age"))) == 1
    asked = running.asked_of_systemd
    web = [line for line in asked if "campaign-web" in line and not line.startswith("is-active")]
    assert web == [
        "cat campaign-web.service",
        "start campaign-web-standin.service",
        "restart campaign-web.service",
        "stop campaign-web-standin.service",
    ]
    restarted = [line for line in asked if line.startswith("restart") and "web" not in line]
    assert restarted == [f"restart {unit}" for unit in OTHERS]
    assert list((running.folder / "runtime").iterdir()) == []

    with visitors(running) as coming:
        done = running.upgrade("--back")
    assert done.returncode == 0, done.stdout
    assert coming.lost == []
    assert NEW in coming.pages[0]
    assert NEW not in coming.pages[-1]
    assert running.current == first


def test_a_migration_that_stops_first_lets_requests_wait_and_loses_none(
    running: FakeMachine, source: FakeRepository
) -> None:
    head = max(path.name for path in (BASE_DIR / VERSIONS).glob("[0-9]*.py")).partition("_")[0]
    source.add(
        f"{VERSIONS}/0999_stop_first.py",
        f"revision = '0999'\ndown_revision = {head!r}\nbranch_labels = depends_on = None\n"
        "STOP_FIRST = True\n\n\ndef upgrade() -> None:\n    pass\n",
    )
    second_version(source)
    with visitors(running) as coming:
        done = running.upgrade("v2")
    assert done.returncode == 0, done.stdout
    assert coming.lost == []
    assert NEW in coming.pages[-1]
    changed = [line for line in running.asked_of_systemd if line.startswith(("stop", "start"))]
    units = [*OTHERS, "campaign-web.service"]
    assert changed == [*(f"stop {one}" for one in units), *(f"start {one}" for one in units)]


def test_a_new_environment_takes_over_and_loses_no_request(running: FakeMachine) -> None:
    was = running.site.environ
    keys = f"{was['CAMPAIGN_SEALING_KEYS']},{was['CAMPAIGN_TOKEN_KEYS']}"
    with visitors(running) as coming:
        running.set(CAMPAIGN_SEALING_KEYS=keys, CAMPAIGN_OPERATOR_NAME="Another Society")
        done = running.upgrade("--restart")
    assert done.returncode == 0, done.stdout
    assert coming.lost == []
    assert b"Another Society" not in coming.pages[0]
    assert b"Another Society" in coming.pages[-1]
    restarted = [line for line in running.asked_of_systemd if line.startswith("restart")]
    assert restarted[1:] == [f"restart {unit}" for unit in OTHERS]


def test_nothing_is_switched_when_it_cannot_be_prepared(
    running: FakeMachine, source: FakeRepository
) -> None:
    first = running.current
    source.change(f"campaign/data/campaigns/{SLUG}/campaign.toml", "slug", "slugg")
    source.tag("broken")
    done = running.upgrade("broken")
    assert done.returncode != 0
    assert "campaign prepare failed. Nothing was switched." in done.stdout
    assert running.current == first
    assert not [line for line in running.asked_of_systemd if line.startswith(("start", "restart"))]


def test_the_old_version_goes_on_when_the_new_web_server_does_not_start(
    running: FakeMachine, source: FakeRepository
) -> None:
    first = running.current
    second_version(source)
    (running.folder / "state" / "broken").touch()
    with visitors(running) as coming:
        done = running.upgrade("v2")
    assert done.returncode != 0
    assert "the old one still answers" in done.stdout
    assert running.current == first
    assert coming.lost == []
    assert NEW not in coming.pages[-1]
    assert list((running.folder / "runtime").iterdir()) == []


def test_nobody_goes_back_over_a_migration(machine: FakeMachine) -> None:
    for link, migrations in {"previous": ["0001"], "current": ["0001", "0002"]}.items():
        versions = machine.root / "releases" / link / VERSIONS
        versions.mkdir(parents=True)
        for name in migrations:
            (versions / f"{name}.py").touch()
        (machine.root / link).symlink_to(machine.root / "releases" / link)
    done = machine.upgrade("--back")
    assert done.returncode != 0
    assert "restoring the backup" in done.stdout
    assert machine.current.name == "current"


def test_what_differs_from_what_is_installed_is_shown_and_left_as_it_is(
    machine: FakeMachine, source: FakeRepository
) -> None:
    units = machine.folder / "units"
    own = (units / "campaign-web.service").read_text() + "# ours\n"
    (units / "campaign-web.service").write_text(own)
    (units / "campaign-watch.timer").unlink()
    nginx = machine.folder / "nginx.conf"
    shipped = (machine.folder / "origin" / "deploy" / "nginx" / "campaign.conf").read_text()
    nginx.write_text(shipped.replace("letters.example.org", "localhost") + "# ours\n")
    done = machine.upgrade("v1")
    assert done.returncode == 0, done.stdout
    assert "\n-# ours\n" in done.stdout
    assert "upgrade: campaign-web.service differs" in done.stdout
    assert "upgrade: campaign-watch.timer is not installed" in done.stdout
    assert f"upgrade: {nginx} differs" in done.stdout
    assert (units / "campaign-web.service").read_text() == own


def test_units_that_still_run_the_checkout_are_named_before_anything_is_switched(
    machine: FakeMachine, source: FakeRepository
) -> None:
    unit = machine.folder / "units" / "campaign-web.service"
    unit.write_text(f"[Service]\nExecStart={machine.root}/.venv/bin/gunicorn app:app\n")
    done = machine.upgrade("v1")
    assert done.returncode != 0
    assert "campaign-web.service still runs" in done.stdout
    assert not (machine.root / "current").exists()


@pytest.mark.parametrize("arguments", [[], ["--forward"], ["v1", "v2"], ["no-such-version"]])
def test_what_it_does_not_understand_it_does_not_do(
    machine: FakeMachine, source: FakeRepository, arguments: list[str]
) -> None:
    done = machine.upgrade(*arguments)
    assert done.returncode != 0
    assert done.stdout.startswith("upgrade: ")
    assert not (machine.root / "current").exists()
