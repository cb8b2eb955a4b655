"""Where the site wants it, a second person approves what is published."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.organisers.rules.roles import Role
from tests.helpers.studio import (
    RIVERS,
    base_of,
    housekeeping,
    publish,
    save,
    shown_on,
    values_of,
)
from tests.operations.test_notices import Office
from tests.organiser import (
    Organiser,
    sign_in_organiser,
)

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.usefixtures("rivers")


PUBLICATION = f"{RIVERS}/publication"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"CAMPAIGN_PUBLISHERS": "2"}


def waiting(organiser: Organiser) -> str:
    """Return what the button of a second person names: what waits for her."""
    return values_of(organiser.get(PUBLICATION))["shown"]


def approve(organiser: Organiser, shown: str = "") -> TestResponse:
    return organiser.post(f"{PUBLICATION}/approve", shown=shown or waiting(organiser))


def is_public(browser: FlaskClient) -> bool:
    return browser.get("/en/clean-rivers").status_code == 200


@pytest.mark.both_databases
def test_one_asks_and_another_approves(
    owner: Organiser, other: Organiser, browser: FlaskClient
) -> None:
    assert "Ask for approval" in owner.get(PUBLICATION).text
    publish(owner, RIVERS)
    assert not is_public(browser)
    assert "Approve it" not in owner.get(PUBLICATION).text
    page = other.get(PUBLICATION).text
    assert "Ona Example wants to publish version" in page
    assert approve(other).status_code == 303
    assert is_public(browser)
    log = owner.get("/console/log").text
    assert "publication asked for" in log
    assert "publication approved" in log


def test_nobody_approves_what_she_asked_for_herself(
    owner: Organiser, other: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    refused = approve(owner, waiting(other))
    assert refused.status_code == 422
    assert "Somebody else has to approve it" in refused.text
    assert not is_public(browser)


def test_what_was_asked_for_is_published_and_not_what_was_written_since(
    owner: Organiser, other: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/letter", title="Written after that")
    assert approve(other, "anything else").status_code == 409
    assert approve(other).status_code == 303
    page = browser.get("/en/clean-rivers").text
    assert "Let our rivers run clean" in page
    assert "Written after that" not in page
    assert "Published" not in owner.get(f"{RIVERS}/draft/history").text, "stored a second time"


def test_what_is_approved_is_what_was_shown(
    owner: Organiser, other: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    approve(other)
    save(owner, f"{RIVERS}/draft/letter", summary="Other words of the summary.")
    publish(owner, RIVERS, change="correction", reason="A typing error.")
    shown = waiting(other)
    publish(owner, RIVERS, change="demands", reason="Entirely other demands.")
    refused = approve(other, shown)
    assert refused.status_code == 409
    assert "was changed or withdrawn" in refused.text
    assert "Entirely other demands." in refused.text
    assert "Other words" not in browser.get("/en/clean-rivers").text
    assert approve(other).status_code == 303
    assert "Other words" in browser.get("/en/clean-rivers").text


@pytest.mark.parametrize("again", ["later", "for another letter"])
def test_the_same_that_is_asked_for_again_is_approved_anew(
    owner: Organiser, other: Organiser, clock: Clock, again: str
) -> None:
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")

    def ask(**fields: str) -> None:
        fields |= shown_on(owner, RIVERS)
        assert owner.post(f"{PUBLICATION}/schedule", at=at, **fields).status_code == 303

    ask()
    shown = waiting(other)
    if again == "later":
        clock.advance(minutes=1)
    ask(replace="" if again == "later" else "y")
    assert approve(other, shown).status_code == 409
    assert approve(other).status_code == 303


def test_a_letter_whose_last_day_has_passed_meanwhile_is_not_published(
    owner: Organiser, container: Container, app: Flask, browser: FlaskClient, clock: Clock
) -> None:
    tomorrow = clock().date() + timedelta(days=1)
    save(owner, f"{RIVERS}/draft/letter", closes_on=str(tomorrow))
    publish(owner, RIVERS)
    clock.advance(days=3)
    refused = approve(sign_in_organiser(container, app, Role.OWNER, "Otto Example"))
    assert refused.status_code == 409
    assert "Look at the draft." in refused.text
    assert not is_public(browser)


def test_at_a_time_only_what_was_approved_is_published(
    owner: Organiser,
    other: Organiser,
    browser: FlaskClient,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    at = (clock() + timedelta(minutes=40)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(PUBLICATION))
    owner.post(f"{PUBLICATION}/schedule", version=version, at=at)
    clock.advance(minutes=20)
    assert approve(other).status_code == 303
    assert not is_public(browser)
    assert "Otto Example approved it" in owner.get(PUBLICATION).text
    clock.advance(minutes=30)
    housekeeping(container, transport)
    assert is_public(browser)


def test_without_an_approval_its_time_passes(
    owner: Organiser,
    browser: FlaskClient,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    publish(owner, RIVERS)
    clock.advance(days=2)
    housekeeping(container, transport)
    assert not is_public(browser)


def test_who_can_approve_is_mailed(
    owner: Organiser,
    container: Container,
    app: Flask,
    worker: Worker,
    supporter: Supporter,
) -> None:
    office = Office(container, app, worker, supporter)
    office.employ(Role.OWNER, "Site Example")
    publish(owner, RIVERS)
    (mail,) = office.mails("site")
    assert "Ona Example wants to publish version" in mail.text
    assert f"http://localhost{PUBLICATION}" in mail.text


def test_who_can_approve_is_mailed_once_although_it_waits_for_a_time_to_come(
    owner: Organiser,
    container: Container,
    app: Flask,
    worker: Worker,
    supporter: Supporter,
    clock: Clock,
) -> None:
    office = Office(container, app, worker, supporter)
    office.employ(Role.OWNER, "Site Example")
    at = (clock() + timedelta(days=6)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(PUBLICATION))
    owner.post(f"{PUBLICATION}/schedule", version=version, at=at)
    for _ in range(4):
        assert len(office.mails("site")) == 1
        clock.advance(hours=25)


def test_a_publication_that_fails_is_mailed_although_its_wait_was(
    owner: Organiser,
    other: Organiser,
    container: Container,
    app: Flask,
    worker: Worker,
    supporter: Supporter,
    clock: Clock,
) -> None:
    office = Office(container, app, worker, supporter)
    office.employ(Role.OWNER, "Site Example")
    tomorrow = clock() + timedelta(days=1)
    save(owner, f"{RIVERS}/draft/letter", closes_on=str(tomorrow.date()))
    version = base_of(owner.get(PUBLICATION))
    at = (clock() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    owner.post(f"{PUBLICATION}/schedule", version=version, at=at)
    assert len(office.mails("site")) == 1
    assert approve(other).status_code == 303
    # No worker was there when its time came, and then its last day had passed.
    clock.advance(days=3)
    told = office.mails("site")
    assert len(told) == 2
    assert "could not be published" in told[1].text
