"""Which version runs is said by the command and the console, and is never a fault."""

from __future__ import annotations

import subprocess
import tomllib
from typing import TYPE_CHECKING

from click.testing import CliRunner

from campaign import __version__
from campaign.cli import commands
from campaign.organisers.rules.roles import Role
from campaign.settings.settings import BASE_DIR
from campaign.version import COMMIT_FILE, UNKNOWN, read_version, running_version
from tests.organiser import sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container


def test_the_packages_version_is_the_projects() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_the_command_says_it() -> None:
    said = CliRunner().invoke(commands, ["--version"])
    assert said.exit_code == 0
    assert said.output == f"campaign {running_version()}\n"


def test_the_commit_is_the_one_that_the_folders_file_names(tmp_path: Path) -> None:
    (tmp_path / COMMIT_FILE).write_text("578fef5c0ffe\n")
    assert str(read_version(tmp_path)) == f"{__version__} (578fef5c0ffe)"


def test_in_a_checkout_it_is_the_one_that_is_checked_out(tmp_path: Path) -> None:
    who = ["-c", "user.name=Testa", "-c", "user.email=testa@example.org"]
    for command in (["init"], [*who, "commit", "--allow-empty", "--message", "First"]):
        subprocess.run(["git", *command, "--quiet"], cwd=tmp_path, check=True)
    said = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True)
    assert read_version(tmp_path).commit == said[:12]


def test_a_folder_that_says_nothing_is_no_fault(tmp_path: Path) -> None:
    assert read_version(tmp_path).commit == UNKNOWN
    (tmp_path / ".git").write_text("gitdir: /no/such/folder\n")
    assert read_version(tmp_path).commit == UNKNOWN
    (tmp_path / COMMIT_FILE).write_bytes(b"\xff\n")
    assert read_version(tmp_path).commit == UNKNOWN


def test_organisers_see_it_at_the_foot_of_each_page_and_nobody_else_does(
    container: Container, app: Flask
) -> None:
    organiser = sign_in_organiser(container, app, Role.VIEWER)
    assert (
        f"Campaign {running_version()}"
        in organiser.browser.get("/console/", follow_redirects=True).text
    )
    for path in ("/console/sign-in", "/readyz", "/healthz", "/en/eu-china-dialogue"):
        assert running_version().commit not in app.test_client().get(path).text
