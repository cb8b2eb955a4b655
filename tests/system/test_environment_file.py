"""The file of settings, read by systemd's own code and not by a model of it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from campaign.settings.settings import BASE_DIR
from tests.helpers.env_files import AWKWARD, read_by_shell, read_by_systemd, written

EXAMPLE = BASE_DIR / "deploy" / "campaign.env.example"


def read_by_systemds_own_code(path: Path) -> dict[str, str]:
    """Return what `EnvironmentFile=` gives a unit: by the function that systemd reads it with.

    https://github.com/systemd/systemd/blob/v252/src/basic/env-file.c: load_env_file
    """
    (library,) = Path("/usr/lib").glob("*/systemd/libsystemd-shared-*.so")
    found = ctypes.POINTER(ctypes.c_char_p)()
    failed = ctypes.CDLL(str(library)).load_env_file(None, str(path).encode(), ctypes.byref(found))
    assert failed == 0
    lines: list[str] = []
    while (line := found[len(lines)]) is not None:
        lines.append(line.decode())
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD)
def test_systemd_reads_a_value_in_single_quotes_as_a_shell_does(value: str, tmp_path: Path) -> None:
    path = tmp_path / "campaign.env"
    path.write_text(f"# a comment\nCAMPAIGN_ONE={written(value)}\n", "utf-8")
    assert read_by_systemds_own_code(path) == {"CAMPAIGN_ONE": value}


def test_systemd_reads_the_example_as_a_shell_does_and_as_the_model_says() -> None:
    read = read_by_systemds_own_code(EXAMPLE)
    assert read == read_by_shell(EXAMPLE) == read_by_systemd(EXAMPLE.read_text("utf-8"))
