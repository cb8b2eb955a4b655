"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from campaign.config import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = CHECKOUT / "campaign"
MODULES = sorted(PACKAGE.rglob("*.py"))
QUERIES = {"select", "insert", "update", "delete", "text"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> list[tuple[str, str]]:
    """Return (module, name) of everything that a module imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_queries_stand_in_the_store_only(path: Path) -> None:
    if name_of(path).startswith("store/"):
        return
    made = {name for module, name in imports(path) if module.split(".")[0] == "sqlalchemy"}
    assert not made & QUERIES


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=name_of)
def test_the_domain_imports_the_standard_library_only(path: Path) -> None:
    for module, _ in imports(path):
        first = module.split(".")[0]
        own = module.startswith(("campaign.domain", "campaign.errors"))
        assert own or first in sys.stdlib_module_names, module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nobody_but_the_settings_reads_the_environment(path: Path) -> None:
    # `campaign run` hands its own environment on to the processes that it starts.
    if name_of(path) in {"environment.py", "cli/run.py"}:
        return
    source = path.read_text()
    assert "os.environ" not in source
    assert "getenv" not in source


# Typst, fontTools and pypdf take 30 MB that a process which never prints can do without; the
# QR codes of segno take 10 that only posters and enrolling need, and Alembic 9 for migrating;
# calendars of public holidays take 3, and a twentieth of the time that a command needs to start;
# a message through a pipe is a start, and does without a server.
LOADS_LATE = (
    "calendars.py",
    "cli/inbound.py",
    "cli/metrics.py",
    "pdf.py",
    "services/cards.py",
    "store/migrate.py",
    "totp.py",
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
def test_the_clock_is_read_by_the_composition_root_only(path: Path) -> None:
    if name_of(path) == "factory.py":
        return
    source = path.read_text()
    assert "datetime.now(" not in source
    assert "date.today(" not in source
    assert "utcnow" not in source


def test_services_never_commit() -> None:
    for path in (PACKAGE / "services").glob("*.py"):
        assert ".commit(" not in path.read_text(), path.name
