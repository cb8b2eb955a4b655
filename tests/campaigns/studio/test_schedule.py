"""A publication waits for its time, and ends with what makes it wrong."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns import publish as publishing
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rows import ScheduledPublicationRow
from campaign.campaigns.rules.wording import WordingChange
from campaign.campaigns.schedule import ScheduledPublisher
from tests.campaigns.bundle_editing import bundle_in, edit_bundle
from tests.helpers.studio import (
    CORRECTED,
    HARBOURS,
    LETTER,
    RIVERS,
    base_of,
    begin,
    housekeeping,
    publish,
    save,
    shown_on,
    values_of,
)
from tests.organiser import (
    Organiser,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("rivers")


def schedule(
    owner: Organiser,
    clock: Clock,
    path: str,
    stated: Mapping[str, str] | None = None,
    minutes: int = 120,
) -> None:
    at = (clock() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")
    done = owner.post(
        f"{path}/publication/schedule", **shown_on(owner, path), at=at, **(stated or {})
    )
    assert done.status_code == 303, done.text


def test_a_publication_waits_for_its_time_in_the_campaigns_zone(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(f"{RIVERS}/publication"))
    path = f"{RIVERS}/publication/schedule"
    past = owner.post(path, version=version, at="2001-01-01T10:00")
    assert "This time has already passed." in past.text
    assert "Enter a day and a time." in owner.post(path, version=version, at="").text
    done = owner.post(path, version=version, at=at)
    assert "will be published on" in owner.get(path_of(done)).text
    assert "scheduled" in owner.get("/console/campaigns").text
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404
    clock.advance(hours=2, minutes=1)
    housekeeping(container, transport)
    page = browser.get("/en/clean-rivers").text
    assert "Measure the quality of the water" in page


def test_a_scheduled_publication_can_be_cancelled(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    version = base_of(owner.get(f"{RIVERS}/publication"))
    owner.post(f"{RIVERS}/publication/schedule", version=version, at=at)
    owner.post(f"{RIVERS}/publication/cancel")
    clock.advance(hours=3)
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404


def test_a_publication_that_has_become_impossible_says_why_and_waits_for_a_person(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    publish(owner, RIVERS)
    save(owner, f"{RIVERS}/draft/letter", summary="Other words.")
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    page = owner.get(f"{RIVERS}/publication")
    stated = {"change": "correction", "reason": "Better words."}
    owner.post(f"{RIVERS}/publication/schedule", version=base_of(page), at=at, **stated)
    save(owner, f"{RIVERS}/draft/demands", act="remove:measure")
    publish(owner, RIVERS, change="demands", reason="One less.", replace="y")
    assert "will be published on" not in owner.get(f"{RIVERS}/publication").text
    # The demands differ now, which nobody stated of the version that is scheduled again.
    number = base_of(page)
    with container.database.writing() as session:
        row = queries.find_by_address(session, "clean-rivers")
        assert row is not None
        session.add(
            ScheduledPublicationRow(
                campaign_id=row.id,
                version=int(number),
                publish_at=clock(),
                change=WordingChange.CORRECTION,
                reason="Better words.",
                stated_by="Ona Example",
                replaces_letter=True,
            )
        )
    housekeeping(container, transport)
    page = owner.get(f"{RIVERS}/publication")
    assert "The scheduled publication was not possible" in page.text
    housekeeping(container, transport)
    owner.post(f"{RIVERS}/publication/cancel")
    assert "was not possible" not in owner.get(f"{RIVERS}/publication").text


def test_a_scheduled_publication_is_of_its_campaign_wherever_that_moves(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
) -> None:
    schedule(owner, clock, RIVERS)
    owner.post(f"{RIVERS}/publication/address", slug="clean-water", reason="Better.")
    begin(owner, name="Another campaign", slug="clean-rivers", author="Other Trust")
    clock.advance(hours=3)
    housekeeping(container, transport)
    assert browser.get("/en/clean-rivers").status_code == 404
    assert "Let our rivers run clean" in browser.get("/en/clean-water").text


@pytest.mark.parametrize("by", ["unpublishing", "archiving", "going back", "publishing by command"])
def test_what_is_scheduled_ends_with_what_makes_it_wrong(
    owner: Organiser,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
    browser: FlaskClient,
    by: str,
) -> None:
    save(owner, f"{HARBOURS}/draft/letter", summary="Newer words.")
    publish(owner, HARBOURS, **CORRECTED)
    save(owner, f"{HARBOURS}/draft/letter", summary="Older words.")
    schedule(owner, clock, HARBOURS, CORRECTED)
    if by == "unpublishing":
        owner.post(f"{HARBOURS}/publication/unpublish", reason="Not yet.")
    elif by == "archiving":
        for act in ("close", "archive"):
            owner.post(f"{HARBOURS}/publication/{act}", reason="Enough.", letters="send")
    elif by == "going back":
        revision = values_of(owner.get(f"{HARBOURS}/publication"))["revision"]
        assert owner.post(f"{HARBOURS}/publication/back", revision=revision).status_code == 303
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


def test_nobody_replaces_a_plan_that_she_was_not_shown(
    owner: Organiser, other: Organiser, clock: Clock
) -> None:
    shown = shown_on(owner, RIVERS)
    schedule(other, clock, RIVERS)
    later = (clock() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    for way in ({"at": later}, {}):
        path = f"{RIVERS}/publication/{'schedule' if way else 'publish'}"
        refused = owner.post(path, **shown, **way)
        assert refused.status_code == 409
        assert "Somebody scheduled a publication" in refused.text
        assert "Otto Example scheduled version" in refused.text


@pytest.mark.both_databases
def test_what_is_planned_anew_at_the_last_moment_is_not_published_in_its_stead(
    owner: Organiser, container: Container, clock: Clock, browser: FlaskClient
) -> None:
    schedule(owner, clock, RIVERS, minutes=10)
    clock.advance(minutes=15)
    looked = count()

    def clock_of_worker() -> datetime:
        """Let it be planned anew between the list of what is due and this campaign's turn."""
        if next(looked) == 1:
            save(owner, LETTER, title="Words of another day")
            schedule(owner, clock, RIVERS, minutes=10)
        return clock()

    publisher = ScheduledPublisher(container.database, container.bundle_context, clock_of_worker)
    publisher.publish_due()
    assert next(looked) == 2
    assert browser.get("/en/clean-rivers").status_code == 404
    clock.advance(minutes=15)
    publisher.publish_due()
    assert "Words of another day" in browser.get("/en/clean-rivers").text


@pytest.mark.both_databases
@pytest.mark.parametrize(("reason", "status"), [("x" * 501, 422), ("a\0b", 303)])
def test_a_reason_that_cannot_be_stored_is_refused_or_cleaned_when_it_is_scheduled(
    owner: Organiser, clock: Clock, reason: str, status: int
) -> None:
    version = base_of(owner.get(f"{RIVERS}/publication"))
    at = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    done = owner.post(f"{RIVERS}/publication/schedule", version=version, at=at, reason=reason)
    assert done.status_code == status
