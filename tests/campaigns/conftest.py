"""A bundle to break, and what it is checked against."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle import BundleContext
from campaign.recipients.reference_data import load_reference_data
from campaign.settings.settings import BASE_DIR
from tests.campaigns.bundle_editing import HARBOUR

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def known() -> BundleContext:
    return BundleContext(
        load_reference_data(BASE_DIR / "campaign" / "data").governments, ("de", "en", "fr")
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the harbour bundle to break."""
    return shutil.copytree(HARBOUR, tmp_path / "harbour")
