"""`campaign metrics`: how the site stands, for Prometheus, without anybody in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
import yaml

from campaign.config import CHECKOUT
from campaign.environment import read_settings
from campaign.errors import SettingsError
from tests import guard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.factory import House

    MakeHouse = Callable[[dict[str, str]], House]

ALERTS = CHECKOUT / "deploy" / "prometheus" / "alerts.yml"

# What processes count is counted in others: the library keeps one folder for a process.
JOURNEY = """
from campaign.application import create_app
from campaign.factory import build, create_worker
from campaign.environment import read_settings
from campaign.transports.memory import Memory
from tests.conftest import SLUG
from tests.supporter import Supporter

house, transport = build(read_settings()), Memory()
browser = create_app(house).test_client()
person = Supporter(browser, create_worker(house, transport), transport, SLUG)
person.sign(email="canary.testa@example.org", name="Canary Testa", send_letter="y")
while person.worker.step():
    pass
browser.get("/no/such/page/here/at/all")
person.submit(email="canary.second@example.org", name="Canary Second", send_letter="y")
house.database.close()
"""


def figures(environ: dict[str, str], journey: str = JOURNEY) -> str:
    """Run a journey and the command, and return what it answers."""
    whole = {**os.environ, **environ, "PYTHONPATH": str(CHECKOUT)}
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
def counting(make_house: MakeHouse, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a prepared site that counts."""
    make_house(environ)
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
    assert value(text, "campaign_transaction_seconds_count") > 2
    assert value(text, "campaign_workers") == 1
    assert "canary" not in text.lower()
    assert "example.org" not in text


def test_the_alerts_are_about_figures_that_there_are(counting: dict[str, str]) -> None:
    text = figures(counting)
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"campaign_\w+", rule["expr"])}
    assert named
    # By government, and here no letter waits; by task, and here none fails.
    named -= {"campaign_letters_queued_seconds", "campaign_task_failing_seconds"}
    for name in named:
        assert re.search(rf"^{name}[ {{]", text, re.MULTILINE), name


def test_without_a_folder_it_says_which_setting_names_one(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "campaign", "metrics"]
    ended = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "CAMPAIGN_METRICS" in ended.stderr


def test_while_the_database_is_away_it_goes_on_with_what_processes_count(
    counting: dict[str, str], tmp_path: Path
) -> None:
    away = counting | {"CAMPAIGN_DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder.sqlite3"}
    figures(counting)
    text = figures(away, "")
    assert "campaign_requests_total" in text
    assert "campaign_signatures" not in text


def test_a_folder_that_cannot_be_written_to_is_named_at_the_start(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    broken = environ | {"CAMPAIGN_METRICS": str(tmp_path / "file" / "metrics")}
    with pytest.raises(SettingsError, match="CAMPAIGN_METRICS cannot be made"):
        read_settings(broken)
