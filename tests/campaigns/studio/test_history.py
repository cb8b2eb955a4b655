"""Every version of a draft is kept: it can be read, taken away and brought back."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.errors import NoLongerPossible
from campaign.operations.commands.prepare import load_data
from campaign.store import migrate
from tests.campaigns.bundle_editing import HARBOUR
from tests.campaigns.test_bundle_archive import texts_in
from tests.helpers.studio import (
    CORRECTED,
    HARBOURS,
    LETTER,
    RIVERS,
    base_of,
    draft_of,
    publish,
    row_of,
    save,
    values_of,
)
from tests.organiser import (
    Organiser,
    path_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from campaign.container import Container

pytestmark = pytest.mark.usefixtures("rivers")


def test_a_campaign_is_called_as_the_version_that_came_back_calls_it(
    owner: Organiser, container: Container
) -> None:
    number = base_of(owner.get(LETTER))
    save(owner, LETTER, name="Other rivers")
    assert row_of(container, "clean-rivers").name == "Other rivers"
    owner.post(f"{RIVERS}/draft/history/{number}/restore")
    assert row_of(container, "clean-rivers").name == "Clean rivers"


def test_any_version_comes_back(owner: Organiser, container: Container) -> None:
    before = draft_of(container, "clean-rivers")
    number = base_of(owner.get(f"{RIVERS}/draft/letter"))
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    assert draft_of(container, "clean-rivers") != before
    owner.post(f"{RIVERS}/draft/history/{number}/restore")
    assert draft_of(container, "clean-rivers") == before
    assert owner.post(f"{RIVERS}/draft/history/999/restore").status_code == 404


def test_what_is_downloaded_is_a_bundle_byte_for_byte(
    owner: Organiser, container: Container, tmp_path: Path
) -> None:
    number = base_of(owner.get(f"{HARBOURS}/draft/letter"))
    answer = owner.post(f"{HARBOURS}/draft/versions/{number}/download")
    with ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path / "taken")
    taken = tmp_path / "taken" / "harbour-quiet"
    assert texts_in(taken) == texts_in(HARBOUR)
    assert load_bundle(taken, container.bundle_context).facts.slug == "harbour-quiet"


def test_after_going_back_what_is_published_can_be_downloaded_and_says_so(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    save(owner, LETTER, title="Clean rivers, now", goal="500")
    publish(owner, RIVERS, **CORRECTED)
    page = owner.get(f"{RIVERS}/publication").text
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    owner.post(f"{RIVERS}/publication/back", revision=found[1])
    assert "Let our rivers run clean" in browser.get("/en/clean-rivers").text
    row = row_of(container, "clean-rivers")
    owner.post(f"{RIVERS}/draft/history/{row.published_version}/restore")
    files = draft_of(container, "clean-rivers")
    assert "goal = 500" in files["campaign.toml"]
    assert "Let our rivers run clean" in files["en.toml"]


def test_going_back_a_version_is_refused_while_a_campaign_is_closed_by_hand_or_moved(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    owner.post(f"{HARBOURS}/publication/close", reason="Enough.", letters="send")
    with pytest.raises(NoLongerPossible, match="harbour-quiet was closed or archived"):
        migrate.downgrade(container.database, "0032")
    owner.post(f"{HARBOURS}/publication/reopen", reason="Again.", closes_on="")
    publish(owner, RIVERS)
    browser.get("/en/clean-rivers")
    owner.post(f"{RIVERS}/publication/unpublish", reason="Not yet.")
    migrate.downgrade(container.database, "0032")
    migrate.upgrade(container.database)
    load_data(container)
    assert browser.get("/fr/harbour-quiet").status_code == 200
    owner.post(f"{HARBOURS}/publication/address", slug="harbour-two", reason="Shorter.")
    with pytest.raises(NoLongerPossible, match="1 addresses lead to campaigns"):
        migrate.downgrade(container.database, "0032")


@pytest.mark.both_databases
def test_numbers_that_no_version_has_are_no_fault(owner: Organiser) -> None:
    for number in ("0", "2147483648", "9" * 30):
        assert owner.get(f"{HARBOURS}/draft/history?before={number}").status_code == 200
        for path in (f"history/{number}/restore", f"versions/{number}/download"):
            assert owner.post(f"{HARBOURS}/draft/{path}").status_code == 404
        back = owner.post(f"{HARBOURS}/publication/back", revision=number)
        assert back.status_code == 404


def test_what_was_open_under_an_address_of_before_is_saved(
    owner: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(f"{HARBOURS}/draft/letter"))
    owner.post(f"{HARBOURS}/publication/address", slug="harbour-two", reason="Shorter.")
    done = owner.post(f"{HARBOURS}/draft/letter", **{**mine, "title": "Quiet, please"})
    assert path_of(done).startswith("/console/c/harbour-two/draft/demands")
    assert "Quiet, please" in draft_of(container, "harbour-two")["fr.toml"]
