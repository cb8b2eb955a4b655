"""`campaign messages compile`: what an upgrade.sh of before 2026-12 calls in a new release.

It stands in a clone that no upgrade brings up to date. Everything else calls `pybabel`.
"""

from __future__ import annotations

import sys

import click
from babel.messages.frontend import CommandLineInterface

from campaign.settings.settings import BASE_DIR


@click.group(hidden=True)
def messages() -> None:
    """Compile the catalogues."""


@messages.command()
@click.argument("folder", default=BASE_DIR / "campaign" / "translations")
def compile(folder: str) -> None:  # noqa: A001 - the command's name
    """Compile every catalogue in FOLDER, as `pybabel compile`; fail if one has a fault."""
    arguments = ["pybabel", "--quiet", "compile", "--directory", str(folder)]
    sys.exit(CommandLineInterface().run(arguments))  # type: ignore[no-untyped-call]
