"""`campaign run`: starts everything, says what is wrong in a sentence, ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from tests.browser.conftest import PATIENCE, Site, free_port, start, stop, wait_until_up

if TYPE_CHECKING:
    from pathlib import Path


def children_of(process: subprocess.Popen[str]) -> list[int]:
    answer = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(pid) for pid in answer.stdout.split()]


def kept_in(instance: Path) -> tuple[list[str], list[tuple[str]]]:
    """Return the keys of a site, and what identifies the wording of its campaigns."""
    keys = [path.read_text() for path in sorted(instance.glob("*.secret"))]
    with closing(sqlite3.connect(instance / "campaign.sqlite3")) as connection:
        return keys, connection.execute("SELECT digest FROM revisions").fetchall()


def test_it_prints_its_addresses_ends_on_ctrl_c_starts_again_with_its_keys_and_ends_with_a_part(
    tmp_path: Path,
) -> None:
    site = Site(free_port(), tmp_path)
    process = start(site)
    wait_until_up(site, process)
    children = children_of(process)
    said = stop(process)
    assert f"The site:     {site.address}/" in said
    assert f"The mailbox:  {site.mailbox}/" in said
    assert f"The console:  {site.address}/console/sign-in/direct/" in said
    assert "Choose any government, sign, open the mailbox, confirm," in said
    assert process.returncode == 0
    assert "Traceback" not in said
    assert len(children) == 3
    for child in children:
        assert not os.path.exists(f"/proc/{child}")  # noqa: PTH110
    before = kept_in(tmp_path)
    assert len(before[0]) == 3

    process = start(site)
    wait_until_up(site, process)
    assert kept_in(tmp_path) == before
    # When a part dies, the others end, too.
    os.kill(children_of(process)[-1], signal.SIGKILL)
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 1
    assert "The worker stopped by itself" in said


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        process = start(Site(port, tmp_path))
        said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 1
    assert f"Port {port} is taken" in said
    assert len(said.strip().splitlines()) == 1


def test_an_unwritable_instance_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    process = start(Site(free_port(), blocked / "instance"))
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 1
    assert "CAMPAIGN_INSTANCE cannot be made at" in said
    assert len(said.strip().splitlines()) == 1
    assert "Traceback" not in said


def test_production_is_not_started_this_way(tmp_path: Path) -> None:
    process = start(Site(free_port(), tmp_path), CAMPAIGN_ENVIRONMENT="production")
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 1
    assert "CAMPAIGN_SEALING_KEYS is needed in production" in said
