"""Wapiti and sqlmap, as they come, against a site; and whether they find holes that are there."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.languages import EU_LANGUAGES, GOVERNMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.attack.needs import Tools
    from tests.attack.target import Target

# Not `csrf`: it knows forms by the names of other frameworks' tokens; ours are tested by
# tests/console/test_routes.py. Not `http_headers`: it asks for X-Frame-Options, which
# frame-ancestors replaces. What asks a server elsewhere cannot run here.
MODULES = "xss,permanentxss,sql,timesql,exec,file,redirect,crlf,csp,cookieflags,xxe,methods,backup"
SECONDS_EACH = 30
SLUG = "eu-china-dialogue"
# The same pages for every government and language: one of each is attacked.
ONE_GOVERNMENT, ONE_LANGUAGE = "DE", "en"


@dataclass
class Scan:
    """What a scanner was given, and what it found."""

    name: str
    asked: int
    found: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    """What it had no time to finish."""


def wapiti(
    tools: Tools, address: str, name: str, starts: Sequence[str], more: Sequence[str] = ()
) -> Scan:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [tools.wapiti, "--url", address, "--scope", "domain", "--module", MODULES]
        command += ["--flush-session", "--store-session", folder, "--no-bugreport", "-v", "1"]
        command += ["--format", "json", "--output", str(report), "--timeout", "20"]
        command += ["--max-attack-time", str(SECONDS_EACH), "--max-scan-time", str(SECONDS_EACH)]
        for start in starts:
            command += ["--start", start]
        said = subprocess.run([*command, *more], capture_output=True, text=True, check=True).stdout
        found = json.loads(report.read_text())
    asked = next((int(line.split()[3]) for line in said.splitlines() if "Wapiti found" in line), 0)
    faults = [
        f"{kind}: {one['method']} {one['path']} ({one['info']})"
        for kinds in (found["vulnerabilities"], found["anomalies"])
        for kind, ones in kinds.items()
        for one in ones
    ]
    stopped = [
        line.split("for module ")[1].split(",")[0]
        for line in said.splitlines()
        if "Max attack time" in line
    ]
    return Scan(name, asked, faults, stopped)


def skipped(address: str) -> list[str]:
    """Return Wapiti's options that leave out what is the same for every state and language."""
    states = sorted({*GOVERNMENTS.values(), "CY", "LU"} - {ONE_GOVERNMENT})
    others = [lang for lang in EU_LANGUAGES if lang != ONE_LANGUAGE]
    left = [f"{address}/{lang}/*" for lang in others]
    left += [f"{address}/embed/{lang}/*" for lang in others]
    left += [f"{address}/console/recipients/{state}*" for state in states]
    left += [f"{address}/console/*government={state}*" for state in states]
    left += [f"{address}/console/*recipient={state}*" for state in states]
    left += [f"{address}/console/sign-out"]
    return [part for one in left for part in ("--exclude", one)]


def sqlmap(tools: Tools, name: str, addresses: Sequence[str], more: Sequence[str] = ()) -> Scan:
    """Try every parameter of some addresses; `*` in an address marks a part of its path."""
    scan = Scan(name, len(addresses))
    for address in addresses:
        with tempfile.TemporaryDirectory() as folder:
            command = [tools.sqlmap, "--url", address, "--batch", "--flush-session"]
            # It gives up where an address that is nobody's is not found.
            command += [
                "--ignore-code",
                "404",
                "--level",
                "2",
                "--output-dir",
                folder,
                "--disable-coloring",
                *more,
            ]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "do not appear to be injectable" not in said:
            scan.found.append(f"{address}: {said.strip().splitlines()[-1]}")
    return scan


def addresses(target: Target) -> tuple[list[str], list[str]]:
    """Return public addresses with parameters, and those of the console."""
    site = target.address
    public = [
        f"{site}/en/{SLUG}?government=DE&source=a",
        f"{site}/en/{SLUG}/signatories?from=a",
        f"{site}/en/{SLUG}*/signatories",
        f"{site}/en/{SLUG}/private/a*",
        f"{site}/embed/en/{SLUG}?source=a",
    ]
    console = [
        f"{site}/console/c/eu-china-dialogue/signatures?government=DE&state=confirmed&language=en&source=a&id=a&before=a",
        f"{site}/console/c/eu-china-dialogue/letters?recipient=DE/foreign-affairs&state=queued&answered=y",
        f"{site}/console/c/eu-china-dialogue/counts?by=government&first=2026-01-01&source=a&language=en&revision=a",
        f"{site}/console/log?words=a&who=a&about=a&action=a&before=1",
        f"{site}/console/recipients/DE/foreign-affairs*",
    ]
    return public, console
