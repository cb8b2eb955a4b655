"""PostgreSQL's tools say in their own words that a disk is full."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from campaign.backup.queries import dumps
from campaign.errors import DiskFull
from tests.helpers.backups import BEGUN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: could not extend file: No space left on device\nHINT:  Check free disk space.",
        "pg_restore: error: could not write to output file: Disk quota exceeded",
    ],
)
def test_a_full_disk_of_postgresql_is_named(
    postgresql_url: str,
    make_container: Callable[[dict[str, str]], Container],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
) -> None:
    tool = tmp_path / "pg_restore"
    tool.write_text(f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(said)} >&2\nexit 1\n")
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    environ = {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    with pytest.raises(DiskFull, match="is full; nothing was changed"):
        dumps.load_dump(make_container(environ).database, tmp_path / "dump", BEGUN)
