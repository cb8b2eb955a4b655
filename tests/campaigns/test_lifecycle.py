"""A campaign that is closed, opened again, archived, moved, unpublished or deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.operations.commands.prepare import load_data
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.services import create_worker
from tests.campaigns.bundle_editing import both_campaigns
from tests.helpers.studio import RIVERS, draft_of, publish, save, write_rivers
from tests.organiser import CONSOLE_PATH, Organiser, path_of, sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from tests.clock import Clock
    from tests.supporter import Supporter

SLUG = "eu-china-dialogue"
PUBLICATION = f"{CONSOLE_PATH}/publication"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def act(organiser: Organiser, what: str, **fields: str) -> str:
    """Do something to the shipped campaign, and return what the page says then."""
    done = organiser.post(f"{PUBLICATION}/{what}", **{"reason": "A test.", **fields})
    return organiser.get(path_of(done)).text if done.status_code == 303 else done.text


def logged(container: Container) -> list[tuple[str, str, str]]:
    with container.database.reading() as session:
        rows = audit_log.search(session, AuditFilter(about=f"campaign {SLUG}"), limit=20)
    return [(row.who, row.action, row.reason) for row in rows]


def letter_states(container: Container) -> set[LetterState]:
    with container.database.reading() as session:
        return set(session.scalars(select(LetterRow.state)))


@pytest.mark.both_databases
def test_closing_takes_effect_at_once_and_can_be_taken_back(
    owner: Organiser, container: Container, supporter: Supporter, browser: FlaskClient
) -> None:
    begun = supporter.form_after_preview()
    assert "Nobody can sign from then on" in owner.get(PUBLICATION).text
    assert "The campaign is closed." in act(owner, "close", letters="send")
    assert "This letter is closed" in browser.get(f"/en/{SLUG}").text
    assert supporter.post(begun).status_code == 410
    assert owner.post(f"{PUBLICATION}/close", reason="Twice.", letters="send").status_code == 409
    assert "The campaign is open again." in act(owner, "reopen", closes_on="")
    supporter.sign()
    assert [entry[:2] for entry in logged(container)] == [
        ("Ona Example", "campaign reopened"),
        ("Ona Example", "campaign closed"),
    ]


def test_a_campaign_whose_last_day_is_over_opens_again_until_another_day(
    owner: Organiser, container: Container, clock: Clock, browser: FlaskClient
) -> None:
    last = clock().date() + timedelta(days=1)
    save(owner, f"{CONSOLE_PATH}/draft/letter", closes_on=str(last))
    publish(owner, CONSOLE_PATH)
    clock.advance(days=3)
    owner = sign_in_organiser(container, owner.browser.application)
    assert "This letter is closed" in browser.get(f"/en/{SLUG}").text
    assert "This day has already passed." in act(owner, "reopen", closes_on=str(last))
    later = clock().date() + timedelta(days=30)
    act(owner, "reopen", closes_on=str(later))
    assert "This letter is closed" not in browser.get(f"/en/{SLUG}").text
    assert f"closes_on = {later}" in draft_of(container, SLUG)["campaign.toml"]
    load_data(container)
    assert "This letter is closed" not in browser.get(f"/en/{SLUG}").text


@pytest.mark.both_databases
def test_letters_that_were_not_sent_are_dropped_only_if_that_is_chosen(
    owner: Organiser, container: Container, supporter: Supporter, transport: MemoryTransport
) -> None:
    supporter.sign()
    assert letter_states(container) == {LetterState.QUEUED}
    assert "1 letter has" in owner.get(PUBLICATION).text
    act(owner, "close", letters="drop")
    sent = len(supporter.letters())
    worker = create_worker(container, transport)
    while worker.step():
        pass
    # What a worker had begun may still leave; nothing stays queued.
    assert letter_states(container) <= {LetterState.DROPPED, LetterState.ACCEPTED}
    assert len(supporter.letters()) - sent <= 1


def test_an_archived_campaign_can_be_read_and_accepts_nothing(
    owner: Organiser, supporter: Supporter, browser: FlaskClient
) -> None:
    assert owner.post(f"{PUBLICATION}/archive", reason="Too early.").status_code == 409
    supporter.submit()
    link = supporter.newest_mail().link("confirm")
    begun = supporter.form_after_preview(email="other@example.org")
    act(owner, "close", letters="send")
    assert "The campaign is archived." in act(owner, "archive")
    assert browser.get(f"/en/{SLUG}").status_code == 200
    assert f"/en/{SLUG}" not in browser.get("/en/").text
    assert supporter.post(begun).status_code == 410
    assert browser.post(link).status_code == 410
    assert owner.post(f"{PUBLICATION}/reopen", reason="No.", closes_on="").status_code == 409
    assert "still closed" in act(owner, "unarchive")
    assert f"/en/{SLUG}" in browser.get("/en/").text
    assert browser.post(link).status_code == 303


def test_an_old_address_leads_to_the_new_one_for_good(
    owner: Organiser, supporter: Supporter, browser: FlaskClient, container: Container
) -> None:
    supporter.submit()
    link = supporter.newest_mail().link("confirm")
    for slug, said in (
        ("harbour-quiet", "Another campaign has this address"),
        ("Not one", "Use small letters"),
        ("console", "used by the site itself"),
    ):
        assert said in act(owner, "address", slug=slug)
    done = owner.post(f"{PUBLICATION}/address", slug="rights-dialogue", reason="Shorter.")
    assert path_of(done) == "/console/c/rights-dialogue/publication?said=address-changed"
    moved = browser.get(f"/fr/{SLUG}?source=flyer")
    assert moved.status_code == 301
    assert moved.location == "/fr/rights-dialogue?source=flyer"
    assert browser.get("/fr/rights-dialogue").status_code == 200
    # What was mailed before still confirms.
    assert browser.get(link).status_code == 200
    assert browser.post(link).status_code == 303
    counts = browser.get(f"/{SLUG}/counts.json")
    assert counts.get_json()["signature_count"] == 1
    assert browser.get("/rights-dialogue").location.startswith("/en/rights-dialogue")
    assert owner.get(f"{CONSOLE_PATH}/publication").status_code == 200
    assert browser.get("/rights-dialogue/counts.json").get_json()["signature_count"] == 1
    # The folder still has the address of before, and makes no second campaign.
    load_data(container)
    assert "eu-china-dialogue<" not in owner.get("/console/campaigns").text
    back = owner.post("/console/c/rights-dialogue/publication/address", slug=SLUG, reason="Back.")
    assert path_of(back).startswith(f"{CONSOLE_PATH}/publication")
    assert browser.get("/fr/rights-dialogue").location == f"/fr/{SLUG}"


def test_unpublishing_is_possible_only_while_nobody_has_signed(
    owner: Organiser, supporter: Supporter, browser: FlaskClient
) -> None:
    write_rivers(owner)
    publish(owner, RIVERS)
    browser.get("/en/clean-rivers")
    done = owner.post(f"{RIVERS}/publication/unpublish", reason="Not yet.")
    assert "The draft, its history and its team are deleted" in owner.get(path_of(done)).text
    assert browser.get("/en/clean-rivers").status_code == 404
    assert publish(owner, RIVERS).status_code == 303
    assert browser.get("/en/clean-rivers").status_code == 200
    supporter.submit()
    assert "cannot be unpublished" in owner.get(PUBLICATION).text
    assert owner.post(f"{PUBLICATION}/unpublish", reason="Too late.").status_code == 409
    assert browser.get(f"/en/{SLUG}").status_code == 200


@pytest.mark.both_databases
def test_only_a_draft_can_be_deleted_and_only_by_an_owner(
    owner: Organiser, container: Container, app: Flask
) -> None:
    write_rivers(owner)
    editor = sign_in_organiser(container, app, Role.EDITOR, "Ed Example", ["clean-rivers"])
    owner.post(f"{RIVERS}/team/add", email="ed@example.org", role="editor")
    assert editor.post(f"{RIVERS}/publication/delete", reason="No.").status_code == 403
    assert owner.post(f"{PUBLICATION}/delete", reason="No.").status_code == 409
    done = owner.post(f"{RIVERS}/publication/delete", reason="A slip.")
    assert "The campaign is deleted." in owner.get(path_of(done)).text
    assert owner.get(f"{RIVERS}/publication").status_code == 404
    write_rivers(owner)
    assert owner.get(f"{RIVERS}/publication").status_code == 200


def test_an_earlier_wording_comes_back_in_one_step_and_signatures_keep_their_words(
    owner: Organiser, browser: FlaskClient, supporter: Supporter
) -> None:
    write_rivers(owner)
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/letter", title="Clean rivers, now")
    publish(owner, RIVERS, change="correction", reason="Shorter.")
    assert "Clean rivers, now" in browser.get("/en/clean-rivers").text
    page = owner.get(f"{RIVERS}/publication")
    revision = page.text.partition("Earlier wordings")[2].partition('name="revision" value="')[2]
    number = revision.partition('"')[0]
    owner.post(f"{RIVERS}/publication/back", revision=number, reason="It was better.")
    assert "Let our rivers run clean" in browser.get("/en/clean-rivers").text
    assert owner.post(f"{RIVERS}/publication/back", revision="999", reason="x").status_code == 404


def test_a_reason_is_needed_and_an_address_in_it_is_masked(
    owner: Organiser, container: Container
) -> None:
    refused = owner.post(f"{PUBLICATION}/close", reason=" ", letters="send")
    assert refused.status_code == 422
    assert "Give a reason in one line" in refused.text
    act(owner, "close", reason="ada@example.org asked", letters="send")
    assert "ada@" not in logged(container)[0][2]
