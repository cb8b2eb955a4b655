"""Slips of the pen in a copy of the harbour bundle, and what is said about them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle import Bundle, load_bundle, read_bundle
from campaign.campaigns.bundle_files import read_folder
from campaign.errors import ContentError
from campaign.settings.settings import SHIPPED_CAMPAIGNS

if TYPE_CHECKING:
    from campaign.campaigns.site_words import BundleContext
    from campaign.container import Container

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"


def both_campaigns(folder: Path) -> Path:
    """Return a folder with the shipped campaign and the harbour campaign."""
    both = folder / "both"
    shutil.copytree(HARBOUR, both / "harbour")
    shutil.copytree(SHIPPED_CAMPAIGNS / "eu-china-dialogue", both / "eu-china-dialogue")
    return both


def bundle_in(folder: Path, container: Container) -> Bundle:
    """Return the bundle in a folder, as a start or a publisher reads it."""
    return read_bundle(read_folder(folder), container.bundle_context)


def edit_bundle(bundle: Path, file: str, pattern: str, replacement: str) -> None:
    path = bundle / f"{file}.toml"
    text, times = re.subn(f"(?m){pattern}", lambda _: replacement, path.read_text(), count=1)
    assert times == 1, f"{pattern} stands nowhere in {file}.toml"
    path.write_text(text)


def faults_of(bundle: Path, known: BundleContext) -> tuple[str, ...]:
    with pytest.raises(ContentError) as refused:
        load_bundle(bundle, known)
    return refused.value.faults
