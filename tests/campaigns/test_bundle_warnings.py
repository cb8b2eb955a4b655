"""What works and is probably not meant so is warned of, and keeps nobody from publishing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.bundle_warnings import (
    LONG_HEADING,
    LONG_SUMMARY,
    LONG_TITLE,
    folder_warnings,
)
from tests.campaigns.bundle_editing import edit_bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from campaign.campaigns.site_words import BundleContext

TODAY = date(2026, 11, 2)


def warnings_of(bundle: Path, known: BundleContext, today: date = TODAY) -> list[str]:
    return folder_warnings(bundle, load_bundle(bundle, known), today)


def test_a_bundle_as_it_should_be_has_no_warning(bundle: Path, known: BundleContext) -> None:
    (bundle / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    assert warnings_of(bundle, known) == []


@pytest.mark.parametrize(
    ("pattern", "key", "most", "why"),
    [
        ("^title = .*", "title", LONG_TITLE, "hard to read in share images"),
        ("^summary = .*", "summary", LONG_SUMMARY, "cut off in previews of links"),
        ('^heading = "Slow.*', "demands.slow_ships.heading", LONG_HEADING, "more than two lines"),
    ],
)
def test_a_text_that_is_much_too_long_for_its_place_is_named(
    bundle: Path, known: BundleContext, pattern: str, key: str, most: int, why: str
) -> None:
    name = key.rpartition(".")[2]
    edit_bundle(bundle, "en", pattern, f'{name} = "{"x" * most}"')
    assert warnings_of(bundle, known) == []
    edit_bundle(bundle, "en", f'^{name} = "x*"', f'{name} = "{"x" * most} more"')
    (warning,) = warnings_of(bundle, known)
    assert warning.startswith(f"en.toml: {key}: has {most + 5} characters; with more than {most} ")
    assert why in warning


def test_a_letter_that_nobody_can_sign_any_more_is_named(
    bundle: Path, known: BundleContext
) -> None:
    edit_bundle(bundle, "campaign", "^closes_on = .*", "closes_on = 2026-11-01")
    assert warnings_of(bundle, known) == [
        "campaign.toml: closes_on: 2026-11-01 is in the past, so nobody can sign"
    ]


def test_on_its_last_day_a_letter_is_open(bundle: Path, known: BundleContext) -> None:
    edit_bundle(bundle, "campaign", "^closes_on = .*", "closes_on = 2026-11-02")
    assert warnings_of(bundle, known) == []


def test_files_and_folders_that_nothing_reads_are_named(bundle: Path, known: BundleContext) -> None:
    for name in ("notes.txt", "en.toml.bak", "EN.toml", "en copy.toml", "Notes\x1b[31m.txt"):
        (bundle / name).write_text("title = ")
    (bundle / "pictures").mkdir()
    told = "this file is not part of the bundle, and nothing reads it"
    assert warnings_of(bundle, known) == [
        f"EN.toml: {told}; words are in files such as de.toml",
        f"'Notes\\x1b[31m.txt': {told}",
        f"en copy.toml: {told}; words are in files such as de.toml",
        f"en.toml.bak: {told}",
        f"notes.txt: {told}",
        "pictures: this folder is not part of the bundle, and nothing reads it",
    ]


def test_check_and_publish_print_warnings_and_do_their_work(
    command: Callable[..., Result], bundle: Path
) -> None:
    edit_bundle(bundle, "en", "^title = .*", f'title = "{"Noise " * 120}"')
    checked = command("content", "check", str(bundle))
    published = command("content", "publish", str(bundle))
    assert (checked.exit_code, published.exit_code) == (0, 0)
    assert "is in order: 2 demands" in checked.output
    assert "is at revision" in published.output
    for said in (checked.output, published.output):
        assert "warning: en.toml: title: has 719 characters; with more than 150 it is " in said
