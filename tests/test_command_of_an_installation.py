"""`sudo campaign …`: the site's command with the site's settings, as the site's user."""

from __future__ import annotations

import getpass
import subprocess
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR
from tests.helpers.env_files import AWKWARD, written

if TYPE_CHECKING:
    from pathlib import Path

WRAPPER = BASE_DIR / "deploy" / "bin" / "campaign"
PIPE = BASE_DIR / "deploy" / "bin" / "campaign-inbound"
SHOWS = '#!/bin/sh\nprintf "%s|" "$@" "$CAMPAIGN_OPERATOR_NAME" "$(umask)"\nexit 7\n'


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The command as it is installed, but for its places and its user, who is this one."""
    program, settings = tmp_path / "program", tmp_path / "campaign.env"
    program.write_text(SHOWS)
    program.chmod(0o755)
    settings.write_text(f"CAMPAIGN_OPERATOR_NAME={written(AWKWARD['a dollar'])}\n")
    return changed(
        WRAPPER,
        tmp_path,
        {
            "user=campaign\n": f"user={getpass.getuser()}\n",
            "/etc/campaign.env": str(settings),
            "/srv/campaign/current/.venv/bin/campaign": str(program),
        },
    )


def changed(script: Path, folder: Path, places: dict[str, str]) -> Path:
    text = script.read_text()
    for old, new in places.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / script.name
    path.write_text(text)
    path.chmod(0o755)
    return path


def run(*command: object, handed: str = "") -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, input=handed, capture_output=True, text=True, check=False)


def test_a_command_gets_its_arguments_and_the_settings_and_its_files_are_private(
    installed: Path,
) -> None:
    done = run(installed, "letters", "drop", "--reason", "a b  c")
    assert done.stdout == f"letters|drop|--reason|a b  c|{AWKWARD['a dollar']}|0077|"
    assert done.returncode == 7


def test_whoever_is_neither_root_nor_the_sites_user_is_told_how_to_run_it(tmp_path: Path) -> None:
    nobody = changed(WRAPPER, tmp_path, {'"$(id -un)"': "ada", '"$(id -u)"': "1000"})
    done = run(nobody, "doctor")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "campaign: run it as: sudo campaign doctor\n"


def test_without_the_file_of_settings_nothing_runs(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "campaign.env").unlink()
    done = run(installed, "doctor")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"campaign: {tmp_path}/campaign.env is missing or cannot be read\n"


@pytest.mark.parametrize(("ended", "told"), [(0, 0), (65, 65), (75, 75), (1, 75), (2, 75)])
def test_the_mail_server_is_told_to_come_again_unless_a_message_is_taken_or_refused(
    ended: int, told: int, tmp_path: Path
) -> None:
    command = tmp_path / "command"
    command.write_text(f'#!/bin/sh\ncat; printf "%s|" "$@"\nexit {ended}\n')
    command.chmod(0o755)
    pipe = changed(PIPE, tmp_path, {"/usr/local/bin/campaign": str(command)})
    done = run(pipe, "bounce-1@letters.example.org", handed="a message\n")
    assert done.stdout == "a message\ninbound|--to|bounce-1@letters.example.org|"
    assert done.returncode == told


def test_the_mail_server_is_told_to_come_again_when_the_command_is_not_there(
    tmp_path: Path,
) -> None:
    pipe = changed(PIPE, tmp_path, {"/usr/local/bin/campaign": str(tmp_path / "nothing")})
    assert run(pipe, "post@letters.example.org").returncode == 75
