"""What tests of commands are handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from campaign.cli import commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.factory import House


@pytest.fixture
def command(environ: dict[str, str], house: House) -> Callable[..., Result]:
    """Run a command on the house's database."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands, arguments, env=dict(environ))

    return run
