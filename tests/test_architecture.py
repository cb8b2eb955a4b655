"""Rules of the architecture that no linter knows: the name of a file says what it may do."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGE = BASE_DIR / "campaign"
MODULES = sorted(PACKAGE.rglob("*.py"))
QUERIES = {"select", "insert", "update", "delete", "text"}
FLASK = {"flask", "flask_wtf", "wtforms", "werkzeug"}

PURE = [
    ["language", "text"],
    ["language", "names"],
    ["language", "review"],
    ["mail", "providers"],
    ["operator"],
]
"""Beside rules: what has as little need of anything."""

LOADS_LATE = {
    "campaigns/share_images.py",
    "delivery/commands/inbound.py",
    "language/cldr.py",
    "language/markdown.py",
    "operations/commands/metrics.py",
    "operations/sender_check.py",
    "organisers/totp.py",
    "printing/renderer.py",
    "recipients/public_holidays.py",
    "store/migrate.py",
}
"""Modules that import inside of functions.

Typst, fontTools and pypdf take 30 MB that a process which never prints can do without; the QR codes
of segno take 10 that only posters and enrolling need, and Alembic 9 for migrating; calendars of
public holidays take 3, and a twentieth of the time that a command needs to start; a message through
a pipe is a start, and does without a server; Babel takes 4, and another for each language; the
parser of Markdown takes a twelfth of the time in which the application may be imported; a resolver
of DNS is for sites that send by SMTP.
"""

READS_ENVIRONMENT = {
    "settings/load.py",
    # Hands its own on to the processes that it starts.
    "operations/commands/run.py",
}

READS_ANY_FORM = {
    # A bundle is the one file that is uploaded; the form reads no more of it than its limit.
    "campaigns/forms/creation.py",
    # Carry a form that cannot be processed now, whatever its fields are.
    "console/access.py",
    "console/pages.py",
    "console/session.py",
    "web/error_handlers.py",
    # Carries the form that is previewed, whatever its fields are.
    "campaigns/forms/preview.py",
}


@cache
def source_of(path: Path) -> str:
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(source_of(path))


@cache
def imports(path: Path) -> list[tuple[str, str]]:
    """Return (module, name) of everything that a module imports."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def layers(path: Path) -> set[str]:
    """Return the words in a file's path: its subject, its layer, its own name."""
    return set(path.relative_to(PACKAGE).with_suffix("").parts)


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module, _ in imports(path)}


def files_where(breaks: Callable[[Path], object]) -> list[str]:
    """Return the names of the modules that break a rule."""
    return [name_of(path) for path in MODULES if breaks(path)]


def test_queries_stand_in_files_of_that_name() -> None:
    def makes_queries(path: Path) -> object:
        made = {name for module, name in imports(path) if module.split(".")[0] == "sqlalchemy"}
        # The tables' own conditions are text.
        allowed = {"text"} if "rows" in layers(path) else set()
        return not layers(path) & {"queries", "store"} and made & QUERIES - allowed

    assert files_where(makes_queries) == []


def test_only_what_is_shown_says_flask() -> None:
    shown = {"pages", "forms", "console", "web", "web_app"}
    assert files_where(lambda path: not layers(path) & shown and packages(path) & FLASK) == []


def test_forms_alone_read_what_was_typed() -> None:
    """Every POST of a page is a form: no view reads its fields one by one."""

    def reads_fields(path: Path) -> bool:
        # A form may be handed all of it.
        reads = r"request\.(form[.\[]|values|files|get_json)|(in|=) request\.form\b(?! if)"
        return re.search(reads, source_of(path)) is not None

    assert set(files_where(reads_fields)) == READS_ANY_FORM


def test_only_commands_say_click() -> None:
    commands = {"commands", "cli"}
    assert files_where(lambda path: not layers(path) & commands and "click" in packages(path)) == []


def test_rules_are_pure() -> None:
    """No clock, no database, no library: what is decided depends on what is handed in."""

    def is_impure(module: str) -> bool:
        first, *rest = module.split(".")
        own = first == "campaign" and (rest == ["errors"] or "rules" in rest or rest in PURE)
        return not own and first not in sys.stdlib_module_names

    def needs_more(path: Path) -> bool:
        return "rules" in layers(path) and any(is_impure(module) for module, _ in imports(path))

    assert files_where(needs_more) == []


def test_nobody_but_the_settings_reads_the_environment() -> None:
    def reads_it(path: Path) -> bool:
        return "os.environ" in source_of(path) or "getenv" in source_of(path)

    assert set(files_where(reads_it)) == READS_ENVIRONMENT


def test_imports_stand_at_the_top() -> None:
    def imports_inside(path: Path) -> bool:
        functions = (
            node
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        return any(
            isinstance(node, ast.Import | ast.ImportFrom)
            for function in functions
            for node in ast.walk(function)
        )

    assert set(files_where(imports_inside)) == LOADS_LATE


def test_the_clock_is_read_by_the_container_only() -> None:
    clocks = ("datetime.now(", "date.today(", "utcnow")
    assert files_where(lambda path: any(one in source_of(path) for one in clocks)) == [
        "container.py"
    ]


def test_the_caller_commits() -> None:
    def commits(path: Path) -> bool:
        return "store" not in layers(path) and "session.commit(" in source_of(path)

    assert files_where(commits) == []
