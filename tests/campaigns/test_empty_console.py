"""A site without any campaign leads its owner to the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helpers.studio import RIVERS, publish, write_rivers
from tests.organiser import path_of, sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    empty = tmp_path / "campaigns"
    empty.mkdir()
    return environ | {"CAMPAIGN_CAMPAIGNS": str(empty)}


def test_an_empty_console_says_what_comes_first_and_links_it(
    container: Container, app: Flask
) -> None:
    owner = sign_in_organiser(container, app)
    assert app.test_client().get("/readyz").status_code == 200
    assert app.test_client().get("/", follow_redirects=True).status_code == 200
    first = owner.get("/console/campaigns").text
    assert "There is no campaign yet." in first
    assert "docs/first-campaign.md" in first
    assert 'href="/console/campaigns/new"' in first
    assert owner.get("/console/").status_code == 200
    write_rivers(owner)
    assert path_of(publish(owner, RIVERS)).startswith(f"{RIVERS}/publication")
    assert app.test_client().get("/en/clean-rivers").status_code == 200
