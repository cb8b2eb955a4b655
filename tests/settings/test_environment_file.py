"""The file of settings: the same for systemd and for a shell, and its example is complete."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from campaign.errors import SettingsError
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR, SETTINGS_FILE, Settings, env_name
from tests.helpers.env_files import AWKWARD, read_by_shell, read_by_systemd, written
from tests.helpers.settings import PRODUCTION

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = BASE_DIR / "deploy" / "campaign.env.example"
TO_FILL_IN = {
    "CAMPAIGN_BASE_URL",
    "CAMPAIGN_TOKEN_KEYS",
    "CAMPAIGN_SEALING_KEYS",
    "CAMPAIGN_IDENTITY_KEY",
    "CAMPAIGN_REHEARSAL_ADDRESS",
    "CAMPAIGN_OPERATOR_NAME",
    "CAMPAIGN_OPERATOR_ADDRESS",
    "CAMPAIGN_OPERATOR_CONTACT",
    "CAMPAIGN_PROCESSORS",
    "CAMPAIGN_SENDER",
}


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD)
def test_a_value_in_single_quotes_is_the_same_for_systemd_and_for_a_shell(
    value: str, tmp_path: Path
) -> None:
    path = tmp_path / "campaign.env"
    path.write_text(f"# a comment\nCAMPAIGN_ONE={written(value)}\n\nCAMPAIGN_TWO='2'\n", "utf-8")
    read = {"CAMPAIGN_ONE": value, "CAMPAIGN_TWO": "2"}
    assert read_by_shell(path) == read
    assert read_by_systemd(path.read_text("utf-8")) == read


def test_the_example_is_the_same_for_systemd_and_for_a_shell() -> None:
    assert read_by_shell(EXAMPLE) == read_by_systemd(EXAMPLE.read_text("utf-8"))


def test_every_line_of_the_example_has_its_value_in_single_quotes() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    named = [line for line in lines if re.match(r"#?CAMPAIGN_", line)]
    assert [line for line in named if not re.fullmatch(r"#?CAMPAIGN_[A-Z_]+='[^']*'", line)] == []


def test_the_example_has_each_setting_once() -> None:
    named = re.findall(r"^#?(CAMPAIGN_[A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(env_name(one.name) for one in fields(Settings))


def test_what_is_commented_out_in_the_example_is_the_default() -> None:
    out = re.findall(r"^#(CAMPAIGN_[A-Z_]+)='(.*)'$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    defaults = {env_name(one.name): one.metadata["default"] for one in fields(Settings)}
    assert dict(out) == {name: defaults[name] for name, _ in out}


def test_the_example_is_refused_until_what_is_empty_is_filled_in() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(read_by_shell(EXAMPLE))
    assert {fault.split()[0] for fault in refused.value.faults} == TO_FILL_IN


def test_the_example_starts_production_when_it_is_filled_in(tmp_path: Path) -> None:
    filled = {name: PRODUCTION.get(name, "safe@letters.example.org") for name in TO_FILL_IN}
    environ = read_by_shell(EXAMPLE) | filled | {"CAMPAIGN_INSTANCE": str(tmp_path)}
    settings = load_settings(environ)
    assert settings.production
    assert settings.transport == "rehearsal"


def test_the_documents_name_the_file_that_is_looked_for() -> None:
    for place in ("docs/operating.md", "docs/settings.md", "deploy/bin/campaign"):
        assert str(SETTINGS_FILE) in (BASE_DIR / place).read_text("utf-8"), place
    for unit in (BASE_DIR / "deploy" / "systemd").glob("campaign-w*.service"):
        assert f"EnvironmentFile={SETTINGS_FILE}\n" in unit.read_text("utf-8")
