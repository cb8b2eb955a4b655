"""Colleagues rehearse a draft: everything works as it will, and nothing of it counts or stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from campaign.campaigns.bundle import read_bundle
from campaign.campaigns.bundle_files import read_folder
from campaign.campaigns.rehearsal import LIFETIME, start_rehearsal
from campaign.campaigns.rows import CampaignRow
from campaign.delivery.rows import AttemptRow, OutgoingRow
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.moderation.queries import trial
from campaign.operations import queries as operations
from campaign.recipients.verify import AddressCheck
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.signatures.rows import ConsentRow, CountRow, EventRow, SignatureRow
from campaign.store import migrate
from tests.conftest import SLUG
from tests.helpers.studio import (
    RIVERS,
    base_of,
    housekeeping,
    preflight_lines,
    publish,
    rehearse,
    save,
)
from tests.helpers.verifying import verify
from tests.supporter import Supporter

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.organiser import Organiser

pytestmark = pytest.mark.usefixtures("rivers")


REHEARSAL, LETTER = f"{RIVERS}/rehearsal", f"{RIVERS}/draft/letter"
SAID = "what you sign here does not count"
DEMANDS = ["stop_dumping", "measure"]
PERSONAL = (SignatureRow, LetterRow, OutgoingRow, AttemptRow, ConsentRow, EventRow, CountRow)
DESK = "desk@ministry.example"


@pytest.fixture
def colleague(
    owner: Organiser, app: Flask, worker: Worker, transport: MemoryTransport
) -> Supporter:
    return Supporter(app.test_client(), worker, transport, rehearse(owner))


def numbers(container: Container) -> list[int]:
    with container.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in PERSONAL]


@pytest.mark.both_databases
def test_a_colleague_signs_and_gets_a_copy_of_what_no_office_gets(
    owner: Organiser, colleague: Supporter, container: Container, transport: MemoryTransport
) -> None:
    page = colleague.browser.get(colleague.path())
    assert SAID in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    colleague.sign(demands=DEMANDS)
    housekeeping(container, transport)
    assert colleague.letters() == []
    copy = colleague.newest_mail()
    assert "your letter was not sent to the office" in copy.text
    assert "dumping" in copy.text
    with container.database.reading() as session:
        assert list(session.scalars(select(LetterRow.state))) == [LetterState.DROPPED]
    assert "1 person has signed and confirmed it, with 1 letter." in owner.get(REHEARSAL).text


def test_a_rehearsal_is_in_no_list_and_no_number(
    owner: Organiser, colleague: Supporter, app: Flask, container: Container
) -> None:
    publish(owner, RIVERS)  # ends it
    slug = rehearse(owner)
    rehearsing = Supporter(app.test_client(), colleague.worker, colleague.transport, slug)
    rehearsing.sign(demands=DEMANDS)
    real = Supporter(app.test_client(), colleague.worker, colleague.transport, "clean-rivers")
    assert real.count() == 0
    real.sign(demands=DEMANDS)
    assert real.count() == 1
    assert rehearsing.count() == 1
    visitor = app.test_client()
    for public in ("/en/", "/sitemap.xml", "/robots.txt", "/en/translation", "/en/privacy"):
        assert slug not in visitor.get(public).text, public
    for path in ("/console/", "/console/campaigns", f"{RIVERS}/", f"{RIVERS}/counts"):
        assert slug not in owner.get(path).text, path
    assert owner.get(f"/console/c/{slug}/").status_code == 404
    with container.database.reading() as session:
        assert slug not in str(trial.count_undecided(session))
        every = container.campaign_cache.all(session)
        assert slug not in {one.slug for one in every}


def test_the_same_person_signs_the_rehearsal_and_the_letter(
    owner: Organiser, colleague: Supporter, app: Flask
) -> None:
    colleague.sign(demands=DEMANDS)
    publish(owner, RIVERS)
    real = Supporter(app.test_client(), colleague.worker, colleague.transport, "clean-rivers")
    real.sign(demands=DEMANDS)
    assert real.count() == 1


@pytest.mark.both_databases
def test_publishing_erases_everybody_who_rehearsed(
    owner: Organiser, colleague: Supporter, container: Container, transport: MemoryTransport
) -> None:
    before = numbers(container)
    colleague.sign(demands=DEMANDS)
    colleague.submit(email="pending.testa@example.org", demands=DEMANDS)
    housekeeping(container, transport)
    assert numbers(container) > before
    private = colleague.path()
    publish(owner, RIVERS)
    assert colleague.browser.get(private).status_code == 404
    housekeeping(container, transport)
    assert numbers(container) == before
    with container.database.reading() as session:
        left = session.scalars(select(CampaignRow).where(CampaignRow.rehearses_id.is_not(None)))
        assert left.all() == []


def test_it_ends_by_a_button_and_by_itself(
    owner: Organiser,
    colleague: Supporter,
    container: Container,
    transport: MemoryTransport,
    clock: Clock,
) -> None:
    before = numbers(container)
    colleague.sign(demands=DEMANDS)
    owner.post(f"{REHEARSAL}/end")
    housekeeping(container, transport)
    assert numbers(container) == before
    again = rehearse(owner)
    assert again != colleague.slug
    Supporter(colleague.browser, colleague.worker, transport, again).sign(demands=DEMANDS)
    clock.advance(seconds=LIFETIME.total_seconds() + 1)
    housekeeping(container, transport)
    assert numbers(container) == before


def test_the_draft_as_it_is_now_is_rehearsed_under_the_same_address(
    owner: Organiser, colleague: Supporter, container: Container
) -> None:
    save(owner, LETTER, title="Let every river run clean")
    assert "The draft has changed since" in owner.get(REHEARSAL).text
    assert "Let our rivers run clean" in colleague.browser.get(colleague.path()).text
    assert rehearse(owner) == colleague.slug
    assert "Let every river run clean" in colleague.browser.get(colleague.path()).text


def test_a_letter_that_somebody_read_is_in_the_preflight(
    owner: Organiser, colleague: Supporter, container: Container, transport: MemoryTransport
) -> None:
    assert preflight_lines(owner)["Rehearsal"][0] == "warning"
    colleague.sign(demands=DEMANDS)
    version = base_of(owner.get(REHEARSAL))
    assert owner.post(f"{REHEARSAL}/read", version=version).status_code == 303
    level, text = preflight_lines(owner)["Rehearsal"]
    assert level == "ready"
    assert "Ona Example has read a letter of this draft." in text
    save(owner, LETTER, title="Let every river run clean")
    assert preflight_lines(owner)["Rehearsal"][0] == "warning"
    assert owner.post(f"{REHEARSAL}/read", version="999").status_code == 409


def test_a_letter_of_an_earlier_version_is_not_one_of_this(
    owner: Organiser, colleague: Supporter
) -> None:
    colleague.sign(demands=DEMANDS)
    save(owner, LETTER, title="Let every river run clean")
    rehearse(owner)  # shows the new version, which nobody has signed
    page = owner.get(REHEARSAL)
    assert "I have read a letter" not in page.text
    version = base_of(owner.get(LETTER))
    assert owner.post(f"{REHEARSAL}/read", version=version).status_code == 409
    assert preflight_lines(owner)["Rehearsal"][0] == "warning"
    colleague.sign(email="second@example.org", demands=DEMANDS)
    assert owner.post(f"{REHEARSAL}/read", version=version).status_code == 303


def test_a_rehearsed_letter_is_in_no_number_of_queued_letters(
    owner: Organiser, colleague: Supporter, container: Container, app: Flask
) -> None:
    colleague.sign(demands=DEMANDS)
    with container.database.reading() as session:
        assert list(session.scalars(select(LetterRow.state))) == [LetterState.QUEUED]
        assert letters.count_queued_by_recipient(session) == {}
        assert operations.queued_letters_by_recipient(session) == []
    publish(owner, RIVERS)
    Supporter(app.test_client(), colleague.worker, colleague.transport, "clean-rivers").sign(
        demands=DEMANDS
    )
    with container.database.reading() as session:
        assert list(letters.count_queued_by_recipient(session).values()) == [1]
        assert len(operations.queued_letters_by_recipient(session)) == 1


def test_nobody_reports_an_office_that_was_not_written_to(
    owner: Organiser, colleague: Supporter
) -> None:
    private = colleague.sign(demands=DEMANDS)
    assert "/report" not in colleague.browser.get(private).text
    told = {"recipient": "DE/foreign-affairs", "report": "It came back."}
    assert colleague.browser.post(f"{private}/report", data=told).status_code == 404


@pytest.mark.both_databases
def test_the_version_before_finds_nothing_of_a_rehearsal(
    owner: Organiser, colleague: Supporter, container: Container, transport: MemoryTransport
) -> None:
    before = numbers(container)
    colleague.sign(demands=DEMANDS, send_news="y")
    colleague.submit(email="pending.testa@example.org", demands=DEMANDS)
    housekeeping(container, transport)
    colleague.sign(email="second@example.org", demands=DEMANDS)
    migrate.downgrade(container.database, "0037")
    migrate.upgrade(container.database)
    assert numbers(container) == before
    assert colleague.browser.get(colleague.path()).status_code == 404
    assert owner.get(LETTER).status_code == 200


def test_nothing_incomplete_is_rehearsed(owner: Organiser) -> None:
    save(owner, LETTER, title="")
    assert "not complete yet" in owner.get(REHEARSAL).text
    refused = owner.post(f"{REHEARSAL}/start", version=base_of(owner.get(LETTER)))
    assert refused.status_code == 409


def rehearse_live(container: Container, now: datetime) -> str:
    """Rehearse the shipped campaign on a live site, where an office has a verified address."""
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        bundle = read_bundle(read_folder(SHIPPED_CAMPAIGNS / SLUG), container.bundle_context)
        check = AddressCheck("Tester", "made up")
        verify(session, "DE/foreign-affairs", DESK, check, live=True, now=now)
        return start_rehearsal(session, loaded.campaign_id, 1, bundle, "Tester", now)


@pytest.mark.both_databases
def test_on_a_live_site_a_rehearsed_letter_never_reaches_a_verified_office(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    slug = rehearse_live(container, clock())
    colleague = Supporter(supporter.browser, supporter.worker, supporter.transport, slug)
    colleague.sign(government="DE", send_copy="y", send_letter="y")
    with container.database.reading() as session:
        (letter,) = session.scalars(select(LetterRow.id))
    # Its letter may be claimed before the task has taken it out of the queue.
    states = set()
    for _ in range(5):
        supporter.deliver()
        clock.advance(hours=30)
        supporter.worker.run_housekeeping()
        with container.database.reading() as session:
            row = session.get(LetterRow, letter)
            states.add(row.state if row else None)
    assert DESK not in {mail.to for mail in supporter.mails()}
    assert colleague.letters() == []
    assert LetterState.DROPPED in states
    assert LetterState.ACCEPTED not in states


def test_who_sends_her_letter_herself_is_given_no_offices_address(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    slug = rehearse_live(container, clock())
    colleague = Supporter(supporter.browser, supporter.worker, supporter.transport, slug)
    private = colleague.sign(government="DE", way="own_mail")
    page = colleague.browser.get(private).text
    assert "de@ministry.example" in page
    assert DESK not in page
    draft = colleague.browser.post(f"{private}/draft", data={"recipient": "DE/foreign-affairs"})
    assert draft.status_code == 200
    assert DESK not in draft.text


def test_deleting_a_draft_erases_its_rehearsal(
    owner: Organiser, colleague: Supporter, container: Container, transport: MemoryTransport
) -> None:
    before = numbers(container)
    colleague.sign(demands=DEMANDS)
    deleted = owner.post(f"{RIVERS}/publication/delete", reason="It was a try.")
    assert deleted.status_code == 303
    assert colleague.browser.get(colleague.path()).status_code == 404
    housekeeping(container, transport)
    assert numbers(container) == before
