"""The documents say what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from campaign.config import CHECKOUT, Settings, variable
from campaign.environment import read_settings

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(CAMPAIGN_\w+)` \| (?:`(.+?)`|empty) \| (.+) \|$", re.MULTILINE)


def test_every_setting_is_described_with_its_default_and_meaning_and_nothing_else() -> None:
    described = ROW.findall(SETTINGS)
    assert described == [
        (variable(one.name), one.metadata["default"], one.metadata["describe"])
        for one in fields(Settings)
    ]
    assert SETTINGS.count("\n|") == len(described) + 2


def test_the_text_around_the_table_names_no_setting_that_does_not_exist() -> None:
    known = {variable(one.name) for one in fields(Settings)}
    assert set(re.findall(r"CAMPAIGN_[A-Z]\w*", SETTINGS)) == known


def test_the_command_that_makes_a_key_makes_a_good_one_each_time(tmp_path: Path) -> None:
    found = re.search(r'^    python3 -c "(.+)"$', SETTINGS, re.MULTILINE)
    assert found
    made = [
        subprocess.run(
            [sys.executable, "-c", found.group(1)], capture_output=True, check=True, text=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert made[0] != made[1]
    settings = read_settings(
        {"CAMPAIGN_INSTANCE": str(tmp_path), "CAMPAIGN_SEALING_KEYS": ",".join(made)}
    )
    assert len(settings.sealing_keys) == 2


def test_every_test_that_the_delivery_document_names_exists() -> None:
    document = (CHECKOUT / "docs" / "delivery.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", document))
    defined: set[str] = set()
    for source in (CHECKOUT / "tests").rglob("test_*.py"):
        defined |= set(re.findall(r"^def (test_\w+)", source.read_text(), re.MULTILINE))
    assert len(named) > 25
    assert named - defined == set()
