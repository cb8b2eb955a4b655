"""What stands under `deploy/` fits the application and says the same everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click import Context

from campaign.cli import commands
from campaign.config import CHECKOUT, Settings, variable

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = CHECKOUT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SERVER = ["--config", "python:campaign.server", "--workers", "2", "--worker-connections", "8"]


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def run_by(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=((?:.*\\\n)*.*)", unit.read_text(), re.MULTILINE)
    return str(line).replace("\\\n", " ").split()


def test_units_and_containers_run_commands_that_there_are() -> None:
    ran = [run_by(unit)[1] for unit in UNITS if run_by(unit)[0].endswith("/campaign")]
    services = compose()["services"].values()
    ran += [one["command"][1] for one in services if one.get("command", [""])[0] == "campaign"]
    assert {"worker", "watch", "metrics", "prepare"} <= set(ran)
    assert set(ran) <= set(commands.list_commands(Context(commands)))


def test_the_web_server_is_started_in_the_same_way_everywhere() -> None:
    unit = run_by(DEPLOY / "systemd" / "campaign-web.service")
    container = (DEPLOY / "Containerfile").read_text().rpartition("CMD ")[2]
    for word in SERVER:
        assert word in unit
        assert f'"{word}"' in container


def test_settings_that_are_named_are_settings() -> None:
    known = {variable(name) for name in Settings.__annotations__}
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]
    texts.append((CHECKOUT / "docs" / "operating.md").read_text())
    named = {name for text in texts for name in re.findall(r"CAMPAIGN_[A-Z_]+", text)}
    assert named
    assert named <= known


def test_a_command_in_a_container_makes_no_development_site() -> None:
    container = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^ENV (?:.*\\\n)*.*CAMPAIGN_ENVIRONMENT=production", container, re.MULTILINE)


def test_images_name_no_registry() -> None:
    images = [one["image"] for one in compose()["services"].values()]
    images += re.findall(r"^FROM (\S+)", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert not any("." in image.split("/")[0].split(":")[0] for image in images)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_no_unit_may_become_more_than_it_is(unit: Path) -> None:
    text = unit.read_text()
    for line in ("User=campaign", "NoNewPrivileges=yes", "ProtectSystem=strict", "LimitCORE=0"):
        assert line in text, line
