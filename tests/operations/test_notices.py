"""Mails to organisers about what needs them: to whom, how often, and only while it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle_facts import RETENTION_DAYS
from campaign.errors import TransportError
from campaign.organisers.queries import organisers
from campaign.organisers.rules.roles import Role
from campaign.recipients.rows import DirectoryImportRow
from campaign.services import create_worker
from tests.campaigns.bundle_editing import both_campaigns
from tests.clock import START
from tests.helpers.campaign_facts import set_fact
from tests.helpers.golden_mails import mail_as_text, matches_golden_file
from tests.helpers.transports import RefusingTransport
from tests.organiser import CONSOLE_PATH, Organiser, hashed_password, sign_in_organiser
from tests.supporter import Mail, Supporter

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from campaign.worker import Worker
    from tests.clock import Clock

OURS, OTHERS = "eu-china-dialogue", "harbour-quiet"
FAILED = "Letters did not arrive"
HELD = "Signatures are held until you decide"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


def refusal(envelope: Envelope) -> TransportError | None:
    refused = envelope.name.startswith("letter-")
    return TransportError("550 no such mailbox", permanent=True) if refused else None


@pytest.fixture
def transport() -> RefusingTransport:
    return RefusingTransport(refusal)


class Office:
    """The people of a site, and what they find in their mailboxes."""

    def __init__(self, container: Container, app: Flask, worker: Worker, box: Supporter) -> None:
        self.container, self.app, self.worker, self.box = container, app, worker, box

    def employ(self, role: Role, name: str, *slugs: str) -> Organiser:
        person = sign_in_organiser(self.container, self.app, role, name, slugs)
        with self.container.database.writing() as session:
            row = organisers.lock(session, person.organiser_id)
            row.password_hash, row.totp = hashed_password(), b"sealed"
        return person

    def mails(self, name: str) -> list[Mail]:
        """Return what somebody was told, after everybody who is due was told."""
        self.box.deliver()
        self.worker.run_housekeeping()
        self.box.deliver()
        return self.box.mails(f"{name}@example.org")


@pytest.fixture
def office(container: Container, app: Flask, worker: Worker, supporter: Supporter) -> Office:
    return Office(container, app, worker, supporter)


def subjects(mails: list[Mail]) -> list[str]:
    return [str(one.message["Subject"]) for one in mails]


def test_who_can_settle_it_is_told_and_nobody_of_another_campaign(
    office: Office, supporter: Supporter
) -> None:
    office.employ(Role.OWNER, "Site Example")
    office.employ(Role.EDITOR, "Edda Example", OURS)
    office.employ(Role.VIEWER, "Vic Example", OURS)
    office.employ(Role.OWNER, "Tom Example", OTHERS)
    supporter.sign()
    supporter.deliver()
    (mail,) = office.mails("edda")
    assert mail.message["Subject"] == FAILED
    assert matches_golden_file("mail-letters_failed-en.txt", mail_as_text(mail))
    assert "1 letter came back or was refused" in mail.text
    assert f"http://localhost{CONSOLE_PATH}/" in mail.text
    assert "http://localhost/console/account" in mail.text
    assert "Testa" not in mail.text
    assert subjects(office.mails("site")) == [FAILED]
    assert office.mails("vic") == office.mails("tom") == []


def test_there_is_one_mail_a_day_and_none_without_news(
    office: Office, supporter: Supporter, clock: Clock
) -> None:
    office.employ(Role.EDITOR, "Edda Example", OURS)
    supporter.sign()
    assert len(office.mails("edda")) == 1
    supporter.sign(email="other@example.org", government="FR")
    clock.advance(hours=23)
    assert len(office.mails("edda")) == 1
    clock.advance(hours=2)
    assert len(office.mails("edda")) == 2
    clock.advance(days=3)
    assert len(office.mails("edda")) == 2


def test_whoever_does_not_want_a_mail_gets_none_and_still_gets_the_others(
    office: Office, supporter: Supporter
) -> None:
    edda = office.employ(Role.EDITOR, "Edda Example", OURS)
    page = edda.get("/console/account").text
    assert page.count(" checked ") == 4
    saved = edda.post("/console/account/notices", signatures_held="y", erasure_near="y")
    assert saved.status_code == 303
    assert edda.get("/console/account").text.count(" checked ") == 2
    supporter.sign()
    edda.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet")
    assert subjects(office.mails("edda")) == [HELD]


def test_held_signatures_and_attack_mode_are_told(
    office: Office, supporter: Supporter, clock: Clock
) -> None:
    edda = office.employ(Role.EDITOR, "Edda Example", OURS)
    edda.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet")
    supporter.sign()
    (mail,) = office.mails("edda")
    assert mail.message["Subject"] == HELD
    assert matches_golden_file("mail-signatures_held-en.txt", mail_as_text(mail))
    assert "EU-China human rights dialogue: Attack mode has been on since 2026-11" in mail.text
    clock.advance(days=1)
    supporter.sign(email="other@example.org")
    (_, mail) = office.mails("edda")
    assert "2 confirmed signatures are held and not counted. Attack mode has been on" in mail.text


def test_what_was_settled_before_the_mail_left_is_not_mailed(
    office: Office, container: Container
) -> None:
    edda = office.employ(Role.EDITOR, "Edda Example", OURS)
    edda.post(f"{CONSOLE_PATH}/attack/begin", reason="a botnet")
    office.worker.run_housekeeping()
    edda.post(f"{CONSOLE_PATH}/attack/end", reason="it is over")
    office.box.deliver()
    assert office.box.mails("edda@example.org") == []


def test_owners_are_told_what_will_be_erased_until_it_is(
    office: Office, supporter: Supporter, clock: Clock, container: Container
) -> None:
    office.employ(Role.OWNER, "Tom Example", OTHERS)
    harbour = Supporter(supporter.browser, supporter.worker, supporter.transport, OTHERS)
    harbour.sign(choice="sign")
    set_fact(container, "closes_on", f"{START:%Y-%m-%d}", OTHERS)
    clock.advance(days=RETENTION_DAYS - 5)
    mails = office.mails("tom")
    assert subjects(mails) == ["Personal data will be erased soon"]
    assert matches_golden_file("mail-erasure_near-en.txt", mail_as_text(mails[0]))
    clock.advance(days=8)
    create_worker(container, supporter.transport).run_housekeeping()
    office.box.deliver()
    office.employ(Role.OWNER, "Late Example", OTHERS)
    assert office.mails("late") == []


def test_two_workers_tell_nobody_twice(office: Office, supporter: Supporter) -> None:
    office.employ(Role.EDITOR, "Edda Example", OURS)
    supporter.sign()
    supporter.deliver()
    create_worker(office.container, supporter.transport).run_housekeeping()
    assert len(office.mails("edda")) == 1


def test_an_import_that_waits_is_told_to_those_who_run_the_site(
    office: Office, container: Container
) -> None:
    office.employ(Role.OWNER, "Site Example")
    office.employ(Role.OWNER, "Olga Example", OURS)
    with container.database.writing() as session:
        waiting = DirectoryImportRow(entries=[], proposed_by="Ada Example", proposed_at=START)
        session.add(waiting)
    (mail,) = office.mails("site")
    assert matches_golden_file("mail-approval_needed-en.txt", mail_as_text(mail))
    assert "Ada Example proposed import 1. It waits for a second person." in mail.text
    assert office.mails("olga") == []


def test_an_erasure_announced_later_on_a_day_is_told_although_she_had_a_mail(
    office: Office, container: Container, supporter: Supporter, clock: Clock
) -> None:
    office.employ(Role.EDITOR, "Tom Example", OURS, OTHERS)
    supporter.sign(choice="sign")
    harbour = Supporter(supporter.browser, supporter.worker, supporter.transport, OTHERS)
    harbour.sign(choice="sign")
    set_fact(container, "closes_on", f"{START:%Y-%m-%d}", OTHERS)
    clock.advance(days=RETENTION_DAYS - 5)
    assert len(office.mails("tom")) == 1
    clock.advance(hours=1)
    set_fact(container, "closes_on", f"{START:%Y-%m-%d}", OURS)
    assert len(office.mails("tom")) == 1
    clock.advance(hours=25)
    told = office.mails("tom")
    assert len(told) == 2
    assert "human rights dialogue" in told[1].text
    clock.advance(hours=25)
    assert len(office.mails("tom")) == 2
