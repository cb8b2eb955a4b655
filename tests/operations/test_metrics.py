"""`campaign metrics`: how the site stands, for Prometheus, without anybody in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
import yaml

from campaign.errors import SettingsError
from campaign.operations.commands.metrics import metrics
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container

    MakeHouse = Callable[[dict[str, str]], Container]

ALERTS = BASE_DIR / "deploy" / "prometheus" / "alerts.yml"

# What processes count is counted in others: the library keeps one folder for a process.
JOURNEY = """
from campaign.web_app import create_app
from campaign.container import build_container
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.delivery.transports.memory import MemoryTransport
from tests.conftest import SLUG
from tests.supporter import Supporter

container, transport = build_container(load_settings(), with_metrics=True), MemoryTransport()
browser = create_app(container).test_client()
person = Supporter(browser, create_worker(container, transport), transport, SLUG)
person.sign(email="canary.testa@example.org", name="Canary Testa")
while person.worker.step():
    pass
browser.get("/no/such/page/here/at/all")
person.submit(email="canary.second@example.org", name="Canary Second")
container.database.close()
"""

# So many that each kept a file of its own until now: none of them ends in order.
MANY = """
import os
from campaign.settings.load import set_prometheus_dir
from campaign.delivery.rules.delivery import Outcome
from campaign.operations.prometheus import PrometheusMetrics
from pathlib import Path

folder = Path(os.environ["CAMPAIGN_METRICS"])
folder.mkdir(exist_ok=True)
set_prometheus_dir(folder)
for _ in range(500):
    if (child := os.fork()) == 0:
        PrometheusMetrics(folder).count_attempt("mail", Outcome.ACCEPTED)
        os._exit(9)
    os.waitpid(child, 0)
"""

# Three at once, and then one more in the place of a killed one.
AT_ONCE = """
import os, signal, sys
from campaign.settings.load import set_prometheus_dir
from campaign.delivery.rules.delivery import Outcome
from campaign.operations.prometheus import PrometheusMetrics
from pathlib import Path

folder = Path(os.environ["CAMPAIGN_METRICS"])
folder.mkdir(exist_ok=True)
set_prometheus_dir(folder)

def counting():
    told, telling = os.pipe()
    if (child := os.fork()) == 0:
        one = PrometheusMetrics(folder)
        for _ in range(10):
            one.count_attempt("mail", Outcome.ACCEPTED)
        os.write(telling, b".")
        signal.pause()
    os.read(told, 1)
    return child

def kill(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

running = [counting() for _ in range(3)]
kill(running.pop(1))
running.append(counting())
for child in running:
    kill(child)
"""


def figures(environ: dict[str, str], journey: str = JOURNEY) -> str:
    """Run a journey and the command, and return what it answers."""
    whole = {**os.environ, **environ, "PYTHONPATH": str(BASE_DIR)}
    subprocess.run([sys.executable, "-c", journey], env=whole, check=True)
    command = [sys.executable, "-m", "campaign", "metrics", "--port", "0"]
    pipe = subprocess.PIPE
    with guard.popen(command, env=whole, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            with urlopen(process.stdout.readline().strip()) as answer:  # noqa: S310 - its own
                text = str(answer.read().decode())
        finally:
            process.terminate()
        assert "Traceback" not in process.stderr.read()
        return text


def value(text: str, name: str) -> float:
    """Return the value of the one line that begins so."""
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found)


@pytest.fixture
def counting(make_container: MakeHouse, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a prepared site that counts."""
    make_container(environ)
    return {**environ, "CAMPAIGN_METRICS": str(tmp_path / "metrics")}


def test_it_says_what_was_done_and_what_waits(counting: dict[str, str]) -> None:
    text = figures(counting)
    campaign = 'campaign_signatures{campaign="eu-china-dialogue",state="%s"}'
    assert value(text, campaign % "confirmed") == 1
    assert value(text, campaign % "pending") == 1
    assert value(text, "campaign_mails_queued") == 1
    assert value(text, "campaign_letters_uncertain") == 0
    assert value(text, 'campaign_attempts_total{kind="letter",outcome="accepted"}') == 1
    route = 'route="/<lang>/<slug>/sign"'
    assert value(text, f'campaign_requests_total{{method="POST",{route},status="303"}}') == 2
    assert value(text, 'campaign_requests_total{method="GET",route="none",status="404"}') == 1
    assert value(text, "campaign_transaction_duration_seconds_count") > 2
    assert value(text, "campaign_workers") == 1
    assert value(text, "campaign_database_up") == 1
    assert "canary" not in text.lower()
    assert "example.org" not in text
    # The alerts are about figures that there are.
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"campaign_\w+", rule["expr"])}
    assert named
    # By government, and here no letter waits; by task, and here none fails; there is no replica.
    named -= {"campaign_oldest_queued_letter_age_seconds", "campaign_task_failing_seconds"}
    named -= {"campaign_replica_usable"}
    for name in named:
        assert re.search(rf"^{name}[ {{]", text, re.MULTILINE), name


def test_each_alert_says_how_soon_somebody_has_to_look() -> None:
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}


def test_prometheus_is_told_where_the_command_listens() -> None:
    (job,) = yaml.safe_load((ALERTS.parent / "scrape.yml").read_text())["scrape_configs"]
    (port,) = [option for option in metrics.params if option.name == "port"]
    assert job["static_configs"][0]["targets"] == [f"127.0.0.1:{port.default}"]


@pytest.mark.long
def test_commands_leave_nothing_in_the_folder(counting: dict[str, str]) -> None:
    for command in (["watch"], ["counts", "check"], ["inbound", "--maildir", "nowhere"]):
        whole = [sys.executable, "-m", "campaign", *command]
        subprocess.run(whole, env={**os.environ, **counting}, capture_output=True, check=False)
    assert list(Path(counting["CAMPAIGN_METRICS"]).iterdir()) == []


@pytest.mark.long
def test_a_process_goes_on_with_the_files_of_one_that_ended(counting: dict[str, str]) -> None:
    text = figures(counting, MANY)
    assert value(text, 'campaign_attempts_total{kind="mail",outcome="accepted"}') == 500
    assert len(list(Path(counting["CAMPAIGN_METRICS"]).glob("*.db"))) == 2


def test_processes_at_once_have_files_of_their_own_and_a_killed_one_loses_nothing(
    counting: dict[str, str],
) -> None:
    text = figures(counting, AT_ONCE)
    assert value(text, 'campaign_attempts_total{kind="mail",outcome="accepted"}') == 40
    assert len(list(Path(counting["CAMPAIGN_METRICS"]).glob("counter_*.db"))) == 3


def test_without_a_folder_it_says_which_setting_names_one(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "campaign", "metrics"]
    ended = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "CAMPAIGN_METRICS" in ended.stderr


@pytest.mark.long
def test_while_the_database_is_away_it_goes_on_with_what_processes_count(
    counting: dict[str, str], tmp_path: Path
) -> None:
    away = counting | {"CAMPAIGN_DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder.sqlite3"}
    figures(counting)
    text = figures(away, "")
    assert "campaign_requests_total" in text
    assert "campaign_signatures" not in text
    assert value(text, "campaign_database_up") == 0


def test_a_folder_that_cannot_be_written_to_is_named_at_the_start(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    broken = environ | {"CAMPAIGN_METRICS": str(tmp_path / "file" / "metrics")}
    with pytest.raises(SettingsError, match="CAMPAIGN_METRICS cannot be made"):
        load_settings(broken)
