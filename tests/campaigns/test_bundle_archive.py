"""Bundles as archives and as files that are edited in place: what was written comes back."""

from __future__ import annotations

import io
import warnings
import zipfile
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from campaign.campaigns.bundle import load_bundle, parse_bundle
from campaign.campaigns.bundle_archive import MAX_ARCHIVE_BYTES, read_archive, write_archive
from campaign.campaigns.bundle_document import BundleDocument
from campaign.campaigns.bundle_files import bundle_files
from campaign.campaigns.bundle_writer import write_bundle
from campaign.errors import ContentError
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.campaigns.bundle_editing import HARBOUR

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.campaigns.site_words import BundleContext
    from campaign.container import Container

BUNDLES = sorted(path for path in HARBOUR.parent.iterdir() if (path / "campaign.toml").exists())
FILES = [path for folder in (*BUNDLES, *SHIPPED_CAMPAIGNS.iterdir()) for path in folder.glob("*")]


def texts_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted(folder.glob("*.toml"))}


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda path: path.name)
def test_an_archive_gives_back_every_byte_and_is_the_same_each_time(folder: Path) -> None:
    texts = {name: text.replace("\n", "\r\n") for name, text in texts_in(folder).items()}
    archive = write_archive(texts, folder.name)
    assert archive == write_archive(texts, folder.name)
    assert {name: one.decode() for name, one in read_archive(archive).contents.items()} == texts


def test_a_bundle_may_be_in_the_root_or_in_a_folder_and_system_files_beside_it() -> None:
    for folder in ("", "harbour/", "a/b/"):
        files = {
            f"{folder}campaign.toml": b"slug = 'x'",
            f"{folder}en.toml": b"",
            f"{folder}en.toml.txt": b"",
            f"__MACOSX/{folder}._en.toml": b"",
            f"{folder}.DS_Store": b"",
        }
        found = read_archive(zipped(**files))
        assert set(found.contents) == {"campaign.toml", "en.toml"}
        assert list(found.others) == ["en.toml.txt"]


BAD_ARCHIVES = {
    "no archive": (b"slug = 'x'", "not a ZIP archive"),
    "nothing": (b"", "not a ZIP archive"),
    "cut off": (zipped(**{"campaign.toml": b"x" * 5_000})[:-40], "not a ZIP archive"),
    "no bundle": (zipped(**{"readme.txt": b""}), "no campaign.toml"),
    "two bundles": (zipped(**{"a/campaign.toml": b"", "b/campaign.toml": b""}), "several"),
    "too large": (b"PK" + b"\0" * MAX_ARCHIVE_BYTES, "larger than 900 KiB"),
    "too many files": (zipped(**{f"{n}.toml": b"" for n in range(300)}), "more than 200 files"),
}


@pytest.mark.parametrize(("content", "said"), BAD_ARCHIVES.values(), ids=BAD_ARCHIVES)
def test_what_is_no_bundle_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        read_archive(content)


@pytest.mark.asvs("5.2.3")
def test_a_file_that_swells_is_never_unpacked(known: BundleContext) -> None:
    bomb = zipped(**{"campaign.toml": b"#" * 200 * 1024**2, "en.toml": b"name = 'x'"})
    assert len(bomb) < 300_000
    files = read_archive(bomb)
    assert "campaign.toml" not in files.contents
    with pytest.raises(ContentError, match=r"campaign\.toml: is larger than 256 KiB"):
        parse_bundle(files, known)


@pytest.mark.asvs("5.2.3")
def test_a_file_that_lies_about_its_size_is_read_no_further_than_its_limit() -> None:
    honest = zipped(**{"campaign.toml": b"#" * 1024**2})
    size = (1024**2).to_bytes(4, "little")
    lying = honest.replace(size, (100).to_bytes(4, "little"))
    assert lying != honest
    try:
        files = read_archive(lying)
    except ContentError:
        return
    assert len(files.contents["campaign.toml"]) <= 256 * 1024 + 1


@settings(deadline=None, database=None, max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_garbage_is_no_bundle_and_nothing_worse(noise: bytes, place: int) -> None:
    archive = zipped(**{"campaign.toml": b"slug = 'x'\n" * 20, "en.toml": b"name = 'x'\n" * 20})
    place %= len(archive)
    for content in (noise, archive[:place] + noise + archive[place + len(noise) :]):
        with suppress(ContentError):
            read_archive(content)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_opened_file_keeps_its_bytes(path: Path) -> None:
    text = path.read_bytes().decode()
    for written in (text, text.replace("\n", "\r\n"), "\ufeff" + text):
        assert BundleDocument(written).text == written


def test_only_what_is_changed_changes() -> None:
    text = (HARBOUR / "campaign.toml").read_text()
    document = BundleDocument(text)
    document.set(("goal",), 500)
    document.set(("closes_on",), date(2030, 1, 31))
    document.set(("opens_on",), None)
    gone = set(text.splitlines()) - set(document.text.splitlines())
    new = set(document.text.splitlines()) - set(text.splitlines())
    assert new == {"goal = 500", "closes_on = 2030-01-31"}
    assert all(line.startswith(("closes_on", "opens_on")) for line in gone)
    document.set(("goal",), None)
    assert "goal" not in document.text


def test_a_table_begins_with_its_first_value_and_ends_with_its_last() -> None:
    document = BundleDocument('name = "Example"\n')
    document.set(("demands", "quiet", "heading"), "Quiet nights")
    document.set(("demands", "quiet", "text"), 'Let "harbours" sleep.')
    assert document.get(("demands", "quiet", "text")) == 'Let "harbours" sleep.'
    for key in ("heading", "text"):
        document.set(("demands", "quiet", key), "")
    assert document.get(("demands",)) is None
    document.set(("nothing", "here"), "")
    assert document.text.strip() == 'name = "Example"'


def test_demands_keep_their_comments_when_they_change_places() -> None:
    document = BundleDocument(
        '[[demands]]\nkey = "one"  # the first\n\n[[demands]]\nkey = "two"\n\n'
        '[review]\nen = "source"\n'
    )
    document.set_tables("demands", [{"key": "new"}, {"key": "two"}, {"key": "one"}])
    assert document.get(("demands",)) == [{"key": "new"}, {"key": "two"}, {"key": "one"}]
    assert 'key = "one"  # the first' in document.text
    assert document.get(("review", "en")) == "source"


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda path: path.name)
def test_a_campaign_whose_files_were_not_kept_is_written_as_a_bundle_that_says_the_same(
    folder: Path, known: BundleContext
) -> None:
    campaign = load_bundle(folder, known)
    written = write_bundle(campaign, known)
    assert parse_bundle(bundle_files(written), known) == campaign


def test_of_a_small_campaign_no_more_is_written_than_it_said(known: BundleContext) -> None:
    campaign = load_bundle(HARBOUR.parent / "bicycles", known)
    assert "[" not in write_bundle(campaign, known)["en.toml"].partition("[demands")[0]
    assert "letter" not in write_bundle(campaign, known)["en.toml"]


@pytest.mark.long
def test_the_shipped_campaign_can_be_written_too(container: Container) -> None:
    known = container.bundle_context
    campaign = load_bundle(SHIPPED_CAMPAIGNS / "eu-china-dialogue", known)
    assert parse_bundle(bundle_files(write_bundle(campaign, known)), known) == campaign


def test_a_file_that_is_in_an_archive_twice_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x/campaign.toml", "")
        for words in ("one", "two"):
            with warnings.catch_warnings(action="ignore"):
                archive.writestr("x/en.toml", words)
    with pytest.raises(ContentError, match=r"en\.toml is in the archive twice"):
        read_archive(buffer.getvalue())
