"""A site on which one network may sign as often as it likes, and the strings for its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.naughty.strings import FEW, STRINGS

if TYPE_CHECKING:
    from campaign.container import House


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    many = "1000000"
    return environ | {"CAMPAIGN_NETWORK_PER_FORM": many, "CAMPAIGN_NETWORK_OVERALL": many}


@pytest.fixture
def strings(house: House) -> tuple[str, ...]:
    """Give every string on SQLite, and on PostgreSQL what is special and some of the others."""
    return STRINGS if house.database.engine.dialect.name == "sqlite" else FEW
