"""Garbage by command: one clear sentence, the right exit status, and nothing is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from campaign.cli import commands
from campaign.delivery.commands.inbound import MAX_MESSAGE_BYTES
from campaign.errors import ContentError
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.conftest import SLUG
from tests.web.test_routes import contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.container import Container

pytestmark = pytest.mark.long

HEADER = b"recipient,channel,address,source\n"
PILE = ("a" + "\u0301" * 30_000 + "\u0323" * 30_000).encode()
TOO_LARGE = "this is larger than 8 MiB"
NO_CSV = "this is not a CSV file in UTF-8. Open it in Excel or LibreOffice, save it as “CSV UTF-8”"
LOST = "line 2: the cells cannot be told apart from here on; "

DIRECTORIES: dict[str, tuple[bytes, str]] = {
    "a line of 10 MB": (
        HEADER + b"DE/foreign-affairs,email," + b"x" * 10_000_000 + b",s\n",
        TOO_LARGE,
    ),
    "a header of 10 MB": (b"x" * 10_000_000, TOO_LARGE),
    "a million columns": (
        b",".join(b"c%d" % n for n in range(10**6)),
        "line 1: there is no column",
    ),
    "60,000 columns": (
        HEADER[:-1] + b",x" * 60_000 + b"\n",
        "line 1: the column “x” is there twice\nline 1: “x” is not a column known here: ",
    ),
    "a million lines": (HEADER + b"XX/foreign-affairs,email,a,b\n" * 10**6, TOO_LARGE),
    "a cell of 200 KB": (HEADER + b"DE/foreign-affairs,email," + b"x" * 200_000 + b",s\n", LOST),
    "NUL": (
        HEADER + b"DE/foreign-affairs,email,a\0@ministry.example,s\n",
        "line 2: address has invisible characters",
    ),
    "Latin-1": (HEADER + b"DE/foreign-affairs,postal,Stra\xdfe 1,s\n", NO_CSV),
    "UTF-16": ((HEADER + b"DE/foreign-affairs,email,a,s\n").decode().encode("utf-16"), NO_CSV),
    "a program": (b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 500, NO_CSV),
    "a pile of accents": (
        HEADER + b"DE/foreign-affairs,postal," + PILE + b",s\n",
        "line 2: address has too many accents on one letter",
    ),
    "5,000 digits": (
        HEADER[:-1]
        + b",per_hour\nDE/foreign-affairs,email,a@ministry.example,s,"
        + b"9" * 5_000
        + b"\n",
        "line 2: per_hour is a number from 1 to 3600",
    ),
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """All of this is refused before a database is asked."""
    return sqlite_url


def test_a_directory_of_garbage_is_refused_in_a_sentence(
    command: Callable[..., Result], container: Container, tmp_path: Path
) -> None:
    file, before = tmp_path / "directory.csv", contents(container)
    for kind, (content, said) in DIRECTORIES.items():
        file.write_bytes(content)
        done = command("recipients", "import", "--yes", str(file))
        assert done.exit_code == 1, kind
        assert isinstance(done.exception, ContentError), kind
        assert str(done.exception).startswith(said), kind
        assert len(str(done.exception).splitlines()) <= 2, kind
    assert contents(container) == before


def test_a_directory_of_garbage_ends_the_command_with_one_line(
    environ: dict[str, str], container: Container, tmp_path: Path
) -> None:
    file = tmp_path / "directory.csv"
    file.write_bytes(DIRECTORIES["a line of 10 MB"][0])
    done = subprocess.run(
        [sys.executable, "-m", "campaign", "recipients", "import", "--yes", str(file)],
        cwd=BASE_DIR,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"campaign: {TOO_LARGE}\n"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, folder)
    return folder


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "50 MB": (lambda path: os.truncate(_made(path), 50_000_000), "is larger than 256 KiB"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read (Too many levels"),
    "a folder in itself": (lambda path: path.symlink_to(path.parent), "cannot be read (Is a dir"),
    "a program": (lambda path: path.write_bytes(b"\x7fELF\x90\0"), "is not UTF-8 text"),
    "a pipe": (os.mkfifo, "is not a file"),
    "a device without an end": (lambda path: path.symlink_to("/dev/zero"), "is not a file"),
    "NUL": (lambda path: path.write_bytes(b'title = "a\0b"'), "line 1: is not valid"),
    "a deep list": (lambda path: path.write_text("a = " + "[" * 100_000), "is not valid TOML"),
    "a deep key": (lambda path: path.write_text("a" + ".a" * 100_000 + " = 1"), "has a line with"),
    "5,000 digits": (lambda path: path.write_text("a = " + "9" * 5_000), "is not valid TOML"),
}


def _made(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("name", ["en.toml", "campaign.toml"])
def test_a_bundle_with_garbage_in_it_is_refused_in_a_sentence(
    command: Callable[..., Result], bundle: Path, name: str
) -> None:
    for kind, (make, said) in FILES.items():
        (bundle / name).unlink()
        make(bundle / name)
        done = command("content", "check", str(bundle))
        assert done.exit_code == 1, kind
        assert isinstance(done.exception, ContentError), kind
        assert str(done.exception).startswith(f"{name}: {said}"), f"{kind}: {done.exception}"
        assert len(str(done.exception)) < 500, kind


def test_a_link_that_leads_round_in_a_bundle_is_passed_by(
    command: Callable[..., Result], bundle: Path
) -> None:
    (bundle / "again").symlink_to(bundle)
    done = command("content", "check", str(bundle))
    assert (done.exit_code, done.output.split(":")[0]) == (0, f"{SLUG} is in order")


def receive(environ: dict[str, str], wire: bytes) -> Result:
    return CliRunner().invoke(commands, ["inbound"], input=wire, env=dict(environ))


def test_a_message_of_eleven_megabytes_is_refused_for_good(
    environ: dict[str, str], container: Container
) -> None:
    before = contents(container)
    done = receive(environ, b"Subject: x\n\n" + b"x" * 11_000_000)
    assert done.exit_code == 65
    assert done.stderr == f"campaign: a message of more than {MAX_MESSAGE_BYTES} bytes is refused\n"
    assert contents(container) == before


MESSAGES = {
    "nothing": b"",
    "NUL": b"\0" * 1_000_000,
    "a program": b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 4_000,
    "empty lines": b"\n" * 1_000_000,
    "a subject of encoded words": b"Subject: " + b"=?utf-8?q?x?= " * 100_000,
    "a sender in brackets": b"From: " + b"(" * 500_000,
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 200_000,
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one)
        for one in range(2_000)
    ),
    "tags that never end": b"Content-Type: text/html\n\n" + b"<a" * 500_000,
    "comments that never end": b"Content-Type: text/html\n\n" + b"<!--" * 250_000,
}


def test_messages_that_are_garbage_are_kept_for_a_person(
    environ: dict[str, str], container: Container
) -> None:
    for kind, wire in MESSAGES.items():
        done = receive(environ, wire)
        assert done.exit_code == 0, kind
        assert done.stdout.startswith("a message that fits no letter; it is in the console"), kind
        assert done.stdout.count("\n") == 1, kind
    assert len(contents(container)["inbound"]) == len(MESSAGES)
