"""A bundle to break, and what it is checked against."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.site_words import BundleContext, SiteWords
from campaign.container import DATA
from campaign.recipients.reference_data import load_reference_data
from tests.campaigns.bundle_editing import HARBOUR

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def known() -> BundleContext:
    return BundleContext(load_reference_data(DATA).governments, ("de", "en", "fr"), SiteWords(DATA))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the harbour bundle to break."""
    return shutil.copytree(HARBOUR, tmp_path / "harbour")
