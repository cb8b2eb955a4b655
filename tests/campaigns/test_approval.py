"""Where the site wants it, a second person approves what is published."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.organisers.rules.roles import Role
from tests.campaigns.bundle_editing import both_campaigns
from tests.campaigns.test_studio import (
    RIVERS,
    base_of,
    housekeeping,
    publish,
    save,
    write_rivers,
)
from tests.operations.test_notices import Office
from tests.organiser import Organiser, sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.supporter import Supporter

PUBLICATION = f"{RIVERS}/publication"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    folder = str(both_campaigns(tmp_path))
    return environ | {"CAMPAIGN_CAMPAIGNS": folder, "CAMPAIGN_PUBLISHERS": "2"}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    owner = sign_in_organiser(container, app)
    write_rivers(owner)
    return owner


@pytest.fixture
def other(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.OWNER, "Otto Example")


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def approve(organiser: Organiser) -> TestResponse:
    version = base_of(organiser.get(PUBLICATION))
    return organiser.post(f"{PUBLICATION}/approve", version=version)


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


def test_nobody_approves_what_she_asked_for_herself(owner: Organiser, browser: FlaskClient) -> None:
    publish(owner, RIVERS)
    version = base_of(owner.get(f"{RIVERS}/draft/letter"))
    refused = owner.post(f"{PUBLICATION}/approve", version=version)
    assert refused.status_code == 422
    assert "Somebody else has to approve it" in refused.text
    assert not is_public(browser)


def test_what_was_asked_for_is_published_and_not_what_was_written_since(
    owner: Organiser, other: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/letter", title="Written after that")
    version = str(int(base_of(owner.get(f"{RIVERS}/draft/letter"))) - 1)
    assert other.post(f"{PUBLICATION}/approve", version="999").status_code == 409
    assert other.post(f"{PUBLICATION}/approve", version=version).status_code == 303
    page = browser.get("/en/clean-rivers").text
    assert "Let our rivers run clean" in page
    assert "Written after that" not in page


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
