"""What docs/operating.md says to type can be typed; make test-system types it."""

from __future__ import annotations

import re

from tests.helpers.operating_page import PAGE, sections

BLOCKS = [block for blocks in sections().values() for block in blocks]
COMMANDS = re.sub(r"<<'END'\n.*?^END$", "", "".join(BLOCKS), flags=re.MULTILINE | re.DOTALL)
NEEDS_NO_RIGHTS = r"curl |for \w+ in |    key=|    echo .+ \| sudo |echo .+ \| sudo |done$"


def test_every_block_of_the_page_is_one_of_commands() -> None:
    assert PAGE.count("\n```") == 2 * len(BLOCKS)
    assert len(BLOCKS) > 15


def test_every_command_is_typed_with_the_rights_that_it_needs() -> None:
    lines = COMMANDS.splitlines()
    assert [line for line in lines if not re.match(rf"sudo |{NEEDS_NO_RIGHTS}|$", line)] == []


def test_commands_can_be_typed_in_any_folder() -> None:
    assert re.findall(r"(?<![\w/.])(?:\.{0,2}/)?(?:\.venv|deploy)/\S*", COMMANDS) == []
