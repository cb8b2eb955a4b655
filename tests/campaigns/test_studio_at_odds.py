"""Two at once, a start in between, a file that was written by hand: nothing gets lost or mixed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.campaigns import publish as publishing
from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.bundle_document import BundleDocument
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.rows import CampaignRow
from campaign.campaigns.rules.wording import WordingChange
from campaign.errors import NoLongerPossible
from campaign.operations.commands.prepare import load_data
from campaign.organisers.rules.roles import Role
from campaign.store import migrate
from campaign.web.security import MAX_FORM_PARTS
from tests.campaigns.bundle_editing import HARBOUR, both_campaigns, bundle_in, edit_bundle
from tests.campaigns.test_bundle_archive import texts_in
from tests.campaigns.test_studio import (
    HARBOURS,
    RIVERS,
    base_of,
    begin,
    draft_of,
    housekeeping,
    keys_of,
    publish,
    save,
    upload,
    values_of,
    write_rivers,
)
from tests.helpers.news import make_draft
from tests.organiser import (
    CONSOLE_PATH,
    Organiser,
    onboard_organiser,
    path_of,
    sign_in_organiser,
)
from tests.supporter import Supporter

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.campaigns.rules.campaign import Facts
    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

LETTER, DEMANDS = f"{RIVERS}/draft/letter", f"{RIVERS}/draft/demands"
CORRECTED = {"change": "correction", "reason": "A test."}


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def other(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.OWNER, "Otto Example")


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def row_of(container: Container, slug: str) -> CampaignRow:
    with container.database.reading() as session:
        return session.scalars(select(CampaignRow).where(CampaignRow.slug == slug)).one()


def facts_of(container: Container, slug: str = "harbour-quiet") -> Facts:
    with container.database.reading() as session:
        return container.campaign_cache.by_slug(session, slug).campaign.facts


def schedule(owner: Organiser, clock: Clock, path: str, **stated: str) -> None:
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(f"{path}/publication"))
    done = owner.post(f"{path}/publication/schedule", version=version, at=at, **stated)
    assert done.status_code == 303, done.text


def test_after_a_conflict_a_second_save_keeps_what_the_other_wrote_elsewhere(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    write_rivers(owner)
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, title="Otto’s title", summary="Otto’s summary.")
    refused = owner.post(LETTER, **{**mine, "title": "Ona’s title"})
    assert refused.status_code == 409
    shown = values_of(refused)
    assert shown["title:0"] == "Ona’s title"
    assert shown["summary"] == "Otto’s summary."
    owner.post(LETTER, **shown)
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Ona’s title" in words
    assert "Otto’s summary." in words


def test_a_demand_that_is_edited_while_another_removes_it_is_offered_again(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    write_rivers(owner)
    mine = values_of(owner.get(DEMANDS))
    save(other, DEMANDS, act="remove:measure")
    refused = owner.post(DEMANDS, **{**mine, "heading-measure": "Measure it daily", "act": "save"})
    assert refused.status_code == 409
    assert values_of(refused)["heading-NEW"] == "Measure it daily"
    assert keys_of(container) == ["stop_dumping"]


def test_two_who_add_a_demand_at_once_both_have_theirs(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    write_rivers(owner)
    mine = values_of(owner.get(DEMANDS))
    new = {"heading-NEW": "Otto’s demand", "text-NEW": "Do what Otto asks.", "act": "save"}
    save(other, DEMANDS, **new)
    refused = owner.post(
        DEMANDS, **{**mine, "heading-NEW": "Ona’s demand", "text-NEW": "Ona asks.", "act": "save"}
    )
    assert refused.status_code == 409
    owner.post(DEMANDS, **{**values_of(refused), "act": "save"})
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Do what Otto asks." in words
    assert "Ona asks." in words
    assert len(keys_of(container)) == 4


@pytest.mark.parametrize("base", ["", "0", "x", "-1", "999", "9" * 30])
def test_a_form_that_does_not_say_what_it_was_filled_from_overwrites_nothing(
    owner: Organiser, container: Container, base: str
) -> None:
    write_rivers(owner)
    mine = {**values_of(owner.get(LETTER)), "title": "A title of mine", "base": base}
    refused = owner.post(LETTER, **mine)
    assert refused.status_code == 409
    assert values_of(refused)["title:0"] == "A title of mine"
    assert "Let our rivers run clean" in draft_of(container, "clean-rivers")["en.toml"]


@pytest.mark.parametrize("slug", ["harbour-quiet", "eu-china-dialogue"])
def test_a_step_that_is_saved_as_it_was_shown_changes_no_byte(
    owner: Organiser, container: Container, slug: str
) -> None:
    before, number = draft_of(container, slug), row_of(container, slug).draft_version
    for step in ("letter", "demands", "recipients", "words/en", "words/fr"):
        done = save(owner, f"/console/c/{slug}/draft/{step}")
        assert done.status_code == 303, step
        assert draft_of(container, slug) == before, step
    assert row_of(container, slug).draft_version == number


def test_only_what_is_changed_is_written(owner: Organiser, container: Container) -> None:
    before = draft_of(container, "harbour-quiet")["campaign.toml"]
    save(owner, f"{HARBOURS}/draft/letter", goal="5,000")
    after = draft_of(container, "harbour-quiet")["campaign.toml"]
    assert set(after.splitlines()) - set(before.splitlines()) == {"goal = 5000"}


def test_offices_that_no_list_has_are_kept(owner: Organiser, container: Container) -> None:
    texts = texts_in(HARBOUR)
    offices = ["EU/high-representative", "foreign-affairs", "transport", "environment"]
    listed = ", ".join(f'"{one}"' for one in offices)
    texts["campaign.toml"] += f"\n[recipients]\noffices = [{listed}]\n"
    upload(owner, write_archive(texts, "x"), slug="many-offices")
    save(owner, "/console/c/many-offices/draft/recipients")
    assert draft_of(container, "many-offices")["campaign.toml"].endswith(f"offices = [{listed}]\n")
    save(owner, "/console/c/many-offices/draft/recipients", office2="justice")
    facts = BundleDocument(draft_of(container, "many-offices")["campaign.toml"])
    changed = [offices[0], "justice", *offices[2:]]
    assert facts.get(("recipients", "offices")) == changed


WRITTEN_BY_HAND = {
    "dotted keys": (
        'demands.a.heading = "A"\ndemands.a.text = "Do a."\ndemands.b.heading = "B"\n'
        'demands.b.text = "Do b."\n'
    ),
    "inline tables": (
        'demands = { a = { heading = "A", text = "Do a." }, '
        'b = { heading = "B", text = "Do b." } }\n'
    ),
}


@pytest.mark.parametrize("words", WRITTEN_BY_HAND.values(), ids=WRITTEN_BY_HAND)
@pytest.mark.parametrize("listed", ['demands = [{ key = "a" }, { key = "b" }]', ""])
def test_any_way_to_write_toml_can_be_edited(
    owner: Organiser, container: Container, words: str, listed: str
) -> None:
    tables = "" if listed else '\n[[demands]]\nkey = "a"\n\n[[demands]]\nkey = "b"\n'
    texts = {
        "campaign.toml": f'slug = "by-hand"\n{listed}\nsource.author = "Example Trust"\n{tables}',
        "en.toml": f'name = "By hand"\ntitle = "By hand"\nsummary = "By hand."\n{words}',
    }
    assert upload(owner, write_archive(texts, "x")).status_code == 303
    path = "/console/c/by-hand/draft/demands"
    added = {"heading-NEW": "New", "text-NEW": "Do a new thing.", "act": "save"}
    assert save(owner, path, **added).status_code == 303
    assert save(owner, path, act="down:a", **{"heading-b": "Better"}).status_code == 303
    english = BundleDocument(draft_of(container, "by-hand")["en.toml"])
    assert english.get(("demands",)) == {
        "a": {"heading": "A", "text": "Do a."},
        "b": {"heading": "Better", "text": "Do b."},
        "new": {"heading": "New", "text": "Do a new thing."},
    }
    facts = BundleDocument(draft_of(container, "by-hand")["campaign.toml"])
    assert [row["key"] for row in facts.get(("demands",))] == ["b", "a", "new"]


def test_a_language_that_needs_a_review_gets_one(owner: Organiser, container: Container) -> None:
    base = base_of(owner.get(f"{HARBOURS}/draft/languages"))
    owner.post(f"{HARBOURS}/draft/languages/add", base=base, language="de")
    facts = BundleDocument(draft_of(container, "harbour-quiet")["campaign.toml"])
    assert facts.get(("review", "de")) == "awaiting"


def test_what_was_open_under_an_address_of_before_is_saved(
    owner: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(f"{HARBOURS}/draft/letter"))
    owner.post(f"{HARBOURS}/publication/address", slug="harbour-two", reason="Shorter.")
    done = owner.post(f"{HARBOURS}/draft/letter", **{**mine, "title": "Quiet, please"})
    assert path_of(done).startswith("/console/c/harbour-two/draft/demands")
    assert "Quiet, please" in draft_of(container, "harbour-two")["fr.toml"]


def test_a_text_in_a_language_that_another_removes_is_not_lost(
    owner: Organiser, other: Organiser
) -> None:
    mine = values_of(owner.get(f"{HARBOURS}/draft/words/en"))
    base = base_of(other.get(f"{HARBOURS}/draft/languages"))
    other.post(f"{HARBOURS}/draft/languages/en/remove", base=base)
    refused = owner.post(f"{HARBOURS}/draft/words/en", **{**mine, "title": "Quiet, please"})
    assert refused.status_code == 409
    assert values_of(refused)["title:0"] == "Quiet, please"


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


def test_a_scheduled_publication_is_of_its_campaign_wherever_that_moves(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    write_rivers(owner)
    schedule(owner, clock, RIVERS)
    owner.post(f"{RIVERS}/publication/address", slug="clean-water", reason="Better.")
    begin(owner, name="Another campaign", slug="clean-rivers", author="Other Trust")
    clock.advance(hours=3)
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404
    assert "Let our rivers run clean" in browser.get("/en/clean-water").text


@pytest.mark.parametrize("by", ["unpublishing", "publishing by command"])
def test_what_is_scheduled_ends_with_what_makes_it_wrong(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
    by: str,
) -> None:
    save(owner, f"{HARBOURS}/draft/letter", summary="Older words.")
    schedule(owner, clock, HARBOURS, **CORRECTED)
    if by == "unpublishing":
        owner.post(f"{HARBOURS}/publication/unpublish", reason="Not yet.")
    else:
        folder = container.settings.campaigns / "harbour"
        edit_bundle(folder, "fr", "^summary = .*", 'summary = "Newer words."')
        stated = PublishRequest("Test", WordingChange.CORRECTION, "newer")
        with container.database.writing() as session:
            publishing.publish(session, bundle_in(folder, container), stated, clock())
    clock.advance(hours=3)
    housekeeping(container, transport)
    page = browser.get("/fr/harbour-quiet")
    assert "Older words." not in page.text
    assert page.status_code == (404 if by == "unpublishing" else 200)


def test_words_that_lack_names_of_governments_do_not_come_back(
    owner: Organiser, browser: FlaskClient
) -> None:
    write_rivers(owner)
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/recipients", union="EFTA")
    publish(owner, RIVERS, **CORRECTED)
    page = owner.get(f"{RIVERS}/publication").text
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    refused = owner.post(f"{RIVERS}/publication/back", revision=found[1])
    assert refused.status_code == 409
    assert "it has no names of CH, IS, LI, NO" in refused.text


def test_after_going_back_what_is_published_can_be_downloaded_and_says_so(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    write_rivers(owner)
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


@pytest.mark.both_databases
def test_a_campaign_with_news_of_before_is_not_deleted(
    owner: Organiser, container: Container
) -> None:
    make_draft(container)
    owner.post(f"{CONSOLE_PATH}/publication/unpublish", reason="Not yet.")
    refused = owner.post(f"{CONSOLE_PATH}/publication/delete", reason="A slip.")
    assert refused.status_code == 409
    assert "there is news, an export or an answer" in refused.text


@pytest.mark.both_databases
@pytest.mark.parametrize("reason", ["x" * 501, "a\0b"])
def test_a_reason_that_cannot_be_stored_is_refused_when_it_is_scheduled(
    owner: Organiser, clock: Clock, reason: str
) -> None:
    write_rivers(owner)
    version = base_of(owner.get(f"{RIVERS}/publication"))
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    done = owner.post(f"{RIVERS}/publication/schedule", version=version, at=at, reason=reason)
    assert done.status_code in {303, 422}
    assert len(reason) < 500 or done.status_code == 422


@pytest.mark.both_databases
def test_numbers_that_no_version_has_are_no_fault(owner: Organiser) -> None:
    for number in ("0", "2147483648", "9" * 30):
        assert owner.get(f"{HARBOURS}/draft/history?before={number}").status_code == 200
        for path in (f"history/{number}/restore", f"versions/{number}/download"):
            assert owner.post(f"{HARBOURS}/draft/{path}").status_code == 404
        back = owner.post(f"{HARBOURS}/publication/back", revision=number)
        assert back.status_code == 404


def test_no_letter_leaves_after_a_campaign_was_closed_so(
    owner: Organiser,
    app: Flask,
    container: Container,
    worker: Worker,
    transport: MemoryTransport,
) -> None:
    supporter = Supporter(app.test_client(), worker, transport, "eu-china-dialogue")
    for number in range(5):
        supporter.sign(email=f"testa{number}@example.org")
    supporter.submit(email="late@example.org")
    link = supporter.newest_mail("late@example.org").link("confirm")
    sent = len(supporter.letters())
    supporter.sign(email="queued@example.org")
    owner.post(f"{CONSOLE_PATH}/publication/close", reason="A test.", letters="drop")
    supporter.browser.post(link)
    housekeeping(container, transport)
    assert len(supporter.letters()) == sent


def test_who_owns_one_campaign_finds_nobody_in_another(
    container: Container, app: Flask, worker: Worker, transport: MemoryTransport
) -> None:
    harbour = Supporter(app.test_client(), worker, transport, "harbour-quiet")
    harbour.sign(
        demands=["quiet_nights", "slow_ships"], name="Quilla Example", email="q@example.org"
    )
    olga = sign_in_organiser(container, app, Role.OWNER, "Olga Example", ["eu-china-dialogue"])
    for typed in ({"email": "q@example.org", "name": ""}, {"email": "", "name": "Quilla Example"}):
        found = olga.post(f"{CONSOLE_PATH}/signatures/find", **typed)
        assert found.status_code == 200
        assert "harbour" not in found.text
    ona = sign_in_organiser(container, app)
    found = ona.post(f"{CONSOLE_PATH}/signatures/find", email="q@example.org", name="")
    assert "Quiet harbours" in found.text


def test_an_archived_campaign_reminds_nobody(
    owner: Organiser,
    app: Flask,
    container: Container,
    worker: Worker,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    supporter = Supporter(app.test_client(), worker, transport, "eu-china-dialogue")
    supporter.submit()
    supporter.deliver()
    mails = len(supporter.mails())
    link = supporter.newest_mail().link("confirm")
    owner.post(f"{CONSOLE_PATH}/publication/close", reason="Enough.", letters="send")
    owner.post(f"{CONSOLE_PATH}/publication/archive", reason="Enough.")
    assert supporter.browser.get(link).status_code == 410
    clock.advance(hours=25)
    housekeeping(container, transport)
    assert len(supporter.mails()) == mails
    assert "/en/eu-china-dialogue" not in supporter.browser.get("/sitemap.xml").text


def test_going_back_a_version_is_refused_while_a_campaign_is_closed_by_hand_or_moved(
    owner: Organiser, container: Container, browser: FlaskClient
) -> None:
    owner.post(f"{HARBOURS}/publication/close", reason="Enough.", letters="send")
    with pytest.raises(NoLongerPossible, match="harbour-quiet was closed or archived"):
        migrate.downgrade(container.database, "0032")
    owner.post(f"{HARBOURS}/publication/reopen", reason="Again.", closes_on="")
    write_rivers(owner)
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


def test_a_language_with_names_of_its_own_for_every_government_can_be_saved(
    container: Container, app: Flask
) -> None:
    owner = onboard_organiser(container, app)
    texts = texts_in(HARBOUR)
    for name in ("en.toml", "fr.toml"):
        words = BundleDocument(texts[name])
        for code in words.get(("governments",)):
            for number in range(12):
                words.set(("governments", code, f"case_{number}"), f"{code} {number}")
        texts[name] = words.text
    upload(owner, write_archive(texts, "x"), slug="many-names")
    step = "/console/c/many-names/draft/words/en"
    assert len(values_of(owner.get(step))) > MAX_FORM_PARTS
    assert save(owner, step, title="Quiet, please").status_code == 303
    assert "Quiet, please" in draft_of(container, "many-names")["en.toml"]
