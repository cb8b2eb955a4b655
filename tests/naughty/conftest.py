"""A site on which one network may sign as often as it likes, and the strings for its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.naughty.strings import SAMPLE, STRINGS

if TYPE_CHECKING:
    from campaign.container import Container


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    many = "1000000"
    return environ | {"CAMPAIGN_NETWORK_PER_FORM": many, "CAMPAIGN_NETWORK_OVERALL": many}


@pytest.fixture
def strings(container: Container) -> tuple[str, ...]:
    """Give every string on SQLite, and on PostgreSQL what is special and some of the others."""
    return STRINGS if container.database.engine.dialect.name == "sqlite" else SAMPLE
