"""An owner who came the whole way: invited, with a password and a second step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.organiser import Organiser, welcomed

if TYPE_CHECKING:
    from flask import Flask

    from campaign.factory import House


@pytest.fixture
def owner(house: House, app: Flask) -> Organiser:
    return welcomed(house, app)
