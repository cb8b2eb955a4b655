"""What has to be on the machine. Whatever is missing is named, and nothing is skipped."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser import chromium

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
LIGHTHOUSE = MODULES / "lighthouse" / "cli" / "index.js"
VNU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"

_OLDEST_NODE = 20
_OLDEST_JAVA = 11


@dataclass(frozen=True)
class Tools:
    """The programs that look, and their versions as the report names them."""

    chromium: str
    versions: dict[str, str]


def gather() -> Tools:
    """Install the Node packages and return the tools, or exit with every need that is not met."""
    missing = []
    node, java = _version("node", "--version"), _version("java", "-version")
    if _major(node) < _OLDEST_NODE:
        missing.append(f"Node {_OLDEST_NODE} or newer with npm (found: {node or 'none'})")
    if _major(java) < _OLDEST_JAVA:
        missing.append(
            f"Java {_OLDEST_JAVA} or newer, for the HTML checker (found: {java or 'none'})"
        )
    browser = chromium.find()
    if browser is None:
        missing.append("a Chromium (python -m tests.browser.chromium)")
    if missing or browser is None:
        sys.exit("make reach needs:\n  " + "\n  ".join(missing))
    if not VNU.exists() or not LIGHTHOUSE.exists():
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER, check=True
        )
    versions = {"Chromium": _version(browser, "--version"), "Node": node, "Java": java}
    return Tools(browser, versions | {name: _package(name) for name in ("lighthouse", "vnu-jar")})


def _version(program: str, option: str) -> str:
    if shutil.which(program) is None:
        return ""
    said = subprocess.run([program, option], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)*", said.stdout + said.stderr)
    return found.group() if found else ""


def _major(version: str) -> int:
    return int(version.split(".", maxsplit=1)[0]) if version else 0


def _package(name: str) -> str:
    text = (MODULES / name / "package.json").read_text(encoding="utf-8")
    found = re.search(r'"version": "([^"]+)"', text)
    return found.group(1) if found else ""
