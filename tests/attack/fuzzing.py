"""atheris on what takes bytes from outside: messages that come in, and files that are imported."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS

if TYPE_CHECKING:
    from tests.attack.needs import Tools

SECONDS = 60
# What it takes for its own memory is the peak of whoever started it.
_NO_RSS = "-rss_limit_mb=0"
SLUG = "eu-china-dialogue"
_LONGEST = 20_000

REPORT = b"""\
From: postmaster@example.org
To: bounce-x@letters.example.org
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

It was not delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.org

Final-Recipient: rfc822; testa@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 unknown
--b--
"""
ADDRESSES = b"""\
recipient,channel,address,source,language,per_hour,per_day,opens,closes,zone
DE/foreign-affairs,email,de@ministry.example,made up,de,10,50,08:30,17:00,Europe/Berlin
FR/foreign-affairs,postal,Made-up Street 1;00000 Exampletown,made up,,,,,,
"""


@dataclass(frozen=True)
class Fuzzed:
    """How many inputs a parser was given, and what it broke on; nothing if it did not."""

    parser: str
    inputs: int
    broke_on: str


def fuzz(tools: Tools, parser: str) -> Fuzzed:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "first").write_bytes(_first(parser))
        command = [tools.fuzzing_python, str(Path(__file__).parent / "fuzzed.py"), parser, folder]
        options = [
            f"-max_total_time={SECONDS}",
            f"-max_len={_LONGEST}",
            "-malloc_limit_mb=512",
            _NO_RSS,
        ]
        done = subprocess.run(
            [*command, *options, "-timeout=10", f"-artifact_prefix={folder}/"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(BASE_DIR)},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"Done (\d+) runs", done.stderr)
    inputs = int(found.group(1)) if found else 0
    said = (done.stdout.strip() or done.stderr.strip())[-1000:]
    return Fuzzed(parser, inputs, "" if done.returncode == 0 and inputs else said)


def _first(parser: str) -> bytes:
    """Return one good input, from which others are made."""
    campaign = SHIPPED_CAMPAIGNS / SLUG
    return {
        "messages": REPORT,
        "addresses": ADDRESSES,
        "campaigns": (campaign / "campaign.toml").read_bytes()
        + b"\xff\xfe"
        + (campaign / "en.toml").read_bytes(),
        "keys": b"# created\nAGE-SECRET-KEY-1\n",
    }[parser]
