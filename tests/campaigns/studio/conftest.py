"""Two campaigns beside the one that is written, and those who write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisers.rules.roles import Role
from tests.campaigns.bundle_editing import both_campaigns
from tests.helpers.studio import write_rivers
from tests.organiser import (
    Organiser,
    sign_in_organiser,
)

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def rivers(owner: Organiser) -> None:
    """Write a draft with a letter and two demands, which could be published."""
    write_rivers(owner)


@pytest.fixture
def other(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.OWNER, "Otto Example")


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()
