"""The site's catalogues, and `pybabel` as `make messages` calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

from campaign.settings.settings import BASE_DIR

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

TRANSLATIONS = BASE_DIR / "campaign" / "translations"
CATALOGUES = {path.parts[-3]: path for path in sorted(TRANSLATIONS.glob("*/*/messages.po"))}


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def pybabel(*arguments: str | Path, cwd: Path = BASE_DIR) -> None:
    """Run pybabel; CalledProcessError says what it found at fault."""
    program = Path(sys.executable).with_name("pybabel")
    command = [program, "--quiet", *arguments]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)


def extract(template: Path, *, folder: Path = BASE_DIR) -> None:
    """Write all messages of code and templates in a folder into a template."""
    named = ("--project", "campaign", "--header-comment", "# Catalogue of PROJECT.")
    mapping = BASE_DIR / "babel.cfg"
    pybabel("extract", "-F", mapping, "--no-location", *named, "-o", template, ".", cwd=folder)


def update(template: Path, translations: Path) -> None:
    same = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")
    pybabel("update", "-i", template, "-d", translations, "--width", "100", *same)
