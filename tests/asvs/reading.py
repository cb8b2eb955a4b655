"""The requirements, from their file, and the tests that prove them, by their markers."""

from __future__ import annotations

import ast
import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = BASE_DIR / "tests"
REQUIREMENTS = Path(__file__).with_name("requirements.csv")

NOT_APPLICABLE, BY_CONSTRUCTION, OPEN = "not applicable: ", "by construction: ", "open: "
"""How a reason begins."""


@dataclass(frozen=True)
class Requirement:
    """One item of the standard in our words; `reason` stands where no test can or does prove it."""

    id: str
    level: int
    about: str
    reason: str

    @property
    def chapter(self) -> int:
        return int(self.id.partition(".")[0])


@dataclass(frozen=True)
class Proof:
    """A test that has a marker for a requirement."""

    requirement: str
    file: str
    test: str

    def __str__(self) -> str:
        return f"{self.file}: {self.test}"


def requirements() -> list[Requirement]:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        return [
            Requirement(row["id"], int(row["level"]), row["about"], row["reason"])
            for row in csv.DictReader(file, strict=True)
        ]


def proofs() -> list[Proof]:
    """Return what the markers say, in the order of files and of the tests in them."""
    return [
        Proof(requirement, path.relative_to(TESTS).as_posix(), test)
        for path in _files()
        for test, requirement in marked(path.read_text(encoding="utf-8"))
    ]


def marked(source: str) -> list[tuple[str, str]]:
    """Return (test, requirement) for each marker in a test file."""
    if "mark.asvs(" not in source:
        return []
    tests = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [
        (test.name, ast.literal_eval(argument))
        for test in tests
        for marker in test.decorator_list
        if isinstance(marker, ast.Call) and ast.unparse(marker.func) == "pytest.mark.asvs"
        for argument in marker.args
    ]


def _files() -> Iterator[Path]:
    """Give the test files that `make test` runs: what is run by hand proves nothing here."""
    settings = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    left_out = {TESTS / name for name in settings["tool"]["pytest"]["ini_options"]["norecursedirs"]}
    for path in sorted(TESTS.rglob("test_*.py")):
        if left_out.isdisjoint(path.parents):
            yield path
