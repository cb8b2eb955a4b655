"""Rules of the architecture that no linter knows: the name of a file says what it may do."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = BASE_DIR / "campaign"
MODULES = sorted(PACKAGE.rglob("*.py"))
QUERIES = {"select", "insert", "update", "delete", "text"}
FLASK = {"flask", "flask_wtf", "wtforms", "werkzeug"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def layers(path: Path) -> set[str]:
    """Return the words in a file's path: its subject, its layer, its own name."""
    return set(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: Path) -> list[tuple[str, str]]:
    """Return (module, name) of everything that a module imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module, _ in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_queries_stand_in_files_of_that_name(path: Path) -> None:
    if layers(path) & {"queries", "store"}:
        return
    made = {name for module, name in imports(path) if module.split(".")[0] == "sqlalchemy"}
    # The tables' own conditions are text.
    allowed = {"text"} if "rows" in layers(path) else set()
    assert not made & QUERIES - allowed


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_what_is_shown_says_flask(path: Path) -> None:
    if layers(path) & {"pages", "forms", "console", "web", "web_app"}:
        return
    assert not packages(path) & FLASK


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_commands_say_click(path: Path) -> None:
    if layers(path) & {"commands", "cli"}:
        return
    assert "click" not in packages(path)


@pytest.mark.parametrize("path", [one for one in MODULES if "rules" in layers(one)], ids=name_of)
def test_rules_are_pure(path: Path) -> None:
    """No clock, no database, no library: what is decided depends on what is handed in."""
    for module, _ in imports(path):
        first, *rest = module.split(".")
        own = first == "campaign" and (rest == ["errors"] or "rules" in rest or rest in PURE)
        assert own or first in sys.stdlib_module_names, module


PURE = [
    ["language", "text"],
    ["language", "names"],
    ["language", "review"],
    ["mail", "providers"],
    ["operator"],
]
"""Beside rules: what has as little need of anything."""


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nobody_but_the_settings_reads_the_environment(path: Path) -> None:
    # `campaign run` hands its own environment on to the processes that it starts.
    if name_of(path) in {"settings/load.py", "operations/commands/run.py"}:
        return
    source = path.read_text()
    assert "os.environ" not in source
    assert "getenv" not in source


# Typst, fontTools and pypdf take 30 MB that a process which never prints can do without; the
# QR codes of segno take 10 that only posters and enrolling need, and Alembic 9 for migrating;
# calendars of public holidays take 3, and a twentieth of the time that a command needs to start;
# a message through a pipe is a start, and does without a server.
LOADS_LATE = (
    "campaigns/share_images.py",
    "delivery/commands/inbound.py",
    "operations/commands/metrics.py",
    "organisers/totp.py",
    "printing/renderer.py",
    "recipients/public_holidays.py",
    "store/migrate.py",
)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_stand_at_the_top(path: Path) -> None:
    if name_of(path) in LOADS_LATE:
        return
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
            assert inner == [], f"{node.name} imports inside"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_clock_is_read_by_the_container_only(path: Path) -> None:
    if name_of(path) == "container.py":
        return
    source = path.read_text()
    assert "datetime.now(" not in source
    assert "date.today(" not in source
    assert "utcnow" not in source


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_caller_commits(path: Path) -> None:
    if "store" in layers(path):
        return
    assert "session.commit(" not in path.read_text()
