"""What is published is what was shown; a start and a folder never undo it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.operations.commands.prepare import load_data
from tests.campaigns.bundle_editing import edit_bundle
from tests.helpers.studio import (
    CORRECTED,
    HARBOURS,
    LETTER,
    RIVERS,
    base_of,
    draft_of,
    publish,
    save,
    shown_on,
    values_of,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from campaign.campaigns.rules.campaign import Facts
    from campaign.container import Container
    from tests.clock import Clock
    from tests.organiser import Organiser

pytestmark = pytest.mark.usefixtures("rivers")


def facts_of(container: Container, slug: str = "harbour-quiet") -> Facts:
    with container.database.reading() as session:
        return container.campaign_cache.by_slug(session, slug).campaign.facts


def test_the_draft_that_was_shown_is_what_is_published(owner: Organiser) -> None:
    version = base_of(owner.get(f"{RIVERS}/publication"))
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    late = owner.post(f"{RIVERS}/publication/publish", version=version)
    assert late.status_code == 409
    assert "The draft has changed since" in late.text
    # The page shows what is there now, and its button publishes that.
    again = {name: values_of(late)[name] for name in ("version", "planned")}
    assert owner.post(f"{RIVERS}/publication/publish", **again).status_code == 303


def test_what_is_published_again_after_it_was_taken_back_is_what_is_shown_and_signed(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    assert "Let our rivers run clean" in browser.get("/en/clean-rivers").text
    owner.post(f"{RIVERS}/publication/unpublish", reason="A slip.")
    save(owner, LETTER, title="Another title")
    assert publish(owner, RIVERS).status_code == 303
    page = browser.get("/en/clean-rivers").text
    assert "Another title" in page
    assert "Let our rivers run clean" not in page


def test_a_draft_is_published_once_however_many_press_the_button(
    owner: Organiser, other: Organiser
) -> None:
    shown = shown_on(owner, RIVERS)
    logged = owner.get("/console/log").text.count("revision published")
    for organiser in (owner, other, owner):
        assert organiser.post(f"{RIVERS}/publication/publish", **shown).status_code == 303
    assert owner.get("/console/log").text.count("revision published") == logged + 1


@pytest.mark.parametrize("way", ["publish", "schedule", "back"])
def test_nobody_changes_the_words_of_an_archived_campaign(
    owner: Organiser, browser: FlaskClient, clock: Clock, way: str
) -> None:
    publish(owner, RIVERS)
    first = browser.get("/en/clean-rivers").text
    save(owner, LETTER, summary="Other words.")
    publish(owner, RIVERS, **CORRECTED)
    revision = values_of(owner.get(f"{RIVERS}/publication"))["revision"]
    save(owner, LETTER, summary="Words of a later day.")
    fields = {**shown_on(owner, RIVERS), **CORRECTED, "revision": revision}
    for act in ("close", "archive"):
        owner.post(f"{RIVERS}/publication/{act}", reason="Enough.", letters="send")
    at = (clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert owner.post(f"{RIVERS}/publication/{way}", **fields, at=at).status_code == 409
    page = browser.get("/en/clean-rivers").text
    assert "Other words." in page
    assert "Other words." not in first


def test_another_letter_in_the_place_of_one_needs_a_yes(owner: Organiser) -> None:
    save(owner, f"{HARBOURS}/draft/letter", author="Somebody Else")
    stated = {"change": "correction", "reason": "A test."}
    refused = publish(owner, HARBOURS, **stated)
    assert refused.status_code == 422
    assert "This looks like another letter" in refused.text
    assert publish(owner, HARBOURS, **stated, replace="y").status_code == 303


def test_a_start_with_a_changed_folder_never_overwrites_a_draft(
    owner: Organiser, container: Container
) -> None:
    save(owner, f"{HARBOURS}/draft/letter", summary="My summary.")
    folder = container.settings.campaigns / "harbour"
    edit_bundle(folder, "en", "^summary = .*", 'summary = "The folder’s summary."')
    load_data(container)
    assert "My summary." in draft_of(container, "harbour-quiet")["fr.toml"]
    page = owner.get(f"{HARBOURS}/publication").text
    assert "The public page differs from this draft" in page
    publish(owner, HARBOURS, change="correction", reason="Ours.")
    load_data(container)
    assert "My summary." in owner.browser.get("/fr/harbour-quiet").text


def test_a_start_leaves_what_the_console_changed_while_the_folder_stays(
    owner: Organiser, container: Container
) -> None:
    owner.post(f"{HARBOURS}/publication/close", reason="Enough.", letters="send")
    save(owner, f"{HARBOURS}/draft/letter", goal="777")
    publish(owner, HARBOURS)
    load_data(container)
    with container.database.reading() as session:
        facts = container.campaign_cache.by_slug(session, "harbour-quiet").campaign.facts
    assert facts.goal == 777
    assert facts.closed_on is not None


@pytest.mark.both_databases
def test_a_campaign_that_was_unpublished_stays_so_at_the_next_start(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    owner.post(f"{HARBOURS}/publication/unpublish", reason="Not yet.")
    load_data(container)
    assert browser.get("/fr/harbour-quiet").status_code == 404
    edit_bundle(container.settings.campaigns / "harbour", "fr", "^title = .*", 'title = "Autre"')
    load_data(container)
    assert browser.get("/fr/harbour-quiet").status_code == 404
    page = owner.get(f"{HARBOURS}/publication").text
    assert "folder on the server has other files" in page
    assert publish(owner, HARBOURS).status_code == 303
    assert browser.get("/fr/harbour-quiet").status_code == 200


def test_facts_that_were_published_in_the_console_outlive_a_changed_folder(
    owner: Organiser, container: Container
) -> None:
    save(owner, f"{HARBOURS}/draft/letter", goal="777")
    publish(owner, HARBOURS)
    with (container.settings.campaigns / "harbour" / "en.toml").open("a") as words:
        words.write("# a remark\n")
    load_data(container)
    assert facts_of(container).goal == 777


def test_words_that_lack_names_of_governments_do_not_come_back(
    owner: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/recipients", union="EFTA")
    publish(owner, RIVERS, **CORRECTED)
    page = owner.get(f"{RIVERS}/publication").text
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    refused = owner.post(f"{RIVERS}/publication/back", revision=found[1])
    assert refused.status_code == 409
    assert "it has no names of CH, IS, LI, NO" in refused.text
