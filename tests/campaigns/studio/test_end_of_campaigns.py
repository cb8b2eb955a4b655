"""What is closed, archived or deleted sends nothing, and its people see no other campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisers.rules.roles import Role
from tests.helpers.news import make_draft
from tests.helpers.studio import housekeeping
from tests.organiser import (
    CONSOLE_PATH,
    Organiser,
    sign_in_organiser,
)
from tests.supporter import Supporter

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("rivers")


@pytest.mark.both_databases
def test_a_campaign_with_news_of_before_is_not_deleted(
    owner: Organiser, container: Container
) -> None:
    make_draft(container)
    owner.post(f"{CONSOLE_PATH}/publication/unpublish", reason="Not yet.")
    refused = owner.post(f"{CONSOLE_PATH}/publication/delete", reason="A slip.")
    assert refused.status_code == 409
    assert "there is news, an export or an answer" in refused.text


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


def test_letters_leave_again_after_a_campaign_was_opened_again(
    owner: Organiser,
    app: Flask,
    container: Container,
    worker: Worker,
    transport: MemoryTransport,
) -> None:
    supporter = Supporter(app.test_client(), worker, transport, "eu-china-dialogue")
    owner.post(f"{CONSOLE_PATH}/publication/close", reason="A test.", letters="drop")
    housekeeping(container, transport)
    owner.post(f"{CONSOLE_PATH}/publication/reopen", reason="Again.", closes_on="")
    supporter.sign()
    housekeeping(container, transport)
    assert len(supporter.letters()) == 1


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
