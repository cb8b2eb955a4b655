"""Whom we ask to delete a letter: whoever got it, wherever its recipient is written to since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from campaign.campaigns.rows import CampaignRow
from campaign.delivery.rows import AttemptRow
from campaign.errors import TransportError
from campaign.recipients.verify import AddressCheck
from campaign.services import create_worker
from campaign.store import migrate
from tests.helpers.digests import enable_digest
from tests.helpers.transports import LiveMemoryTransport, RefusingTransport
from tests.helpers.verifying import mark_wrong, verify

if TYPE_CHECKING:
    from campaign.container import Container
    from campaign.delivery.rules.delivery import Envelope
    from tests.clock import Clock
    from tests.supporter import Supporter

OLD, NEW = "old@ministry.example", "new@ministry.example"
CHECK = AddressCheck("Tester", "made up")


def checked(container: Container, address: str) -> None:
    with container.database.writing() as session:
        verify(session, "DE/foreign-affairs", address, CHECK, live=True, now=container.clock())


def moved(container: Container, clock: Clock) -> None:
    """Let letters to Germany go to another address from now on."""
    clock.advance(days=1)
    checked(container, NEW)
    with container.database.writing() as session:
        mark_wrong(session, "DE/foreign-affairs", OLD, CHECK, live=True, now=container.clock())


def asked(supporter: Supporter) -> list[str]:
    """Return who was asked to delete a letter."""
    supporter.deliver()
    return [mail.to for mail in supporter.mails() if mail.to.endswith("@ministry.example")]


@pytest.mark.parametrize("daily", [False, True])
def test_the_address_that_got_a_letter_is_asked_to_delete_it(
    live: tuple[Supporter, Container], clock: Clock, *, daily: bool
) -> None:
    supporter, container = live
    if daily:
        enable_digest(container)
    checked(container, OLD)
    private = supporter.sign()
    supporter.deliver()
    moved(container, clock)
    later = supporter.sign(email="later@example.org")
    supporter.deliver()
    for page in (private, later):
        supporter.browser.post(f"{page}/delete")
    assert [one.to for one in supporter.letters() + supporter.daily_mails()] == [OLD, NEW]
    assert asked(supporter) == [OLD, NEW]


def test_a_letter_that_one_address_refused_is_asked_back_from_the_one_that_took_it(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live

    def refusal(envelope: Envelope) -> TransportError | None:
        away = envelope.recipient == OLD
        return TransportError("450 later", permanent=False, code="450") if away else None

    transport = LiveRefusing(refusal)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    checked(container, OLD)
    private = supporter.sign()
    supporter.deliver()
    moved(container, clock)
    supporter.deliver()
    supporter.browser.post(f"{private}/delete")
    assert asked(supporter) == [NEW]


@pytest.mark.parametrize("known_since", [True, False])
def test_of_a_letter_from_before_the_directory_tells_where_it_went_if_it_can(
    live: tuple[Supporter, Container], clock: Clock, *, known_since: bool
) -> None:
    """Live, letters left for checked addresses only, and what was checked stays in the list."""
    supporter, container = live
    with container.database.writing() as session:  # as it is in sites of that age
        session.execute(update(CampaignRow).values(uid=CampaignRow.slug))
    checked(container, OLD)
    private = supporter.sign()
    supporter.deliver()
    if not known_since:
        moved(container, clock)
    with container.database.writing() as session:
        session.execute(update(AttemptRow).values(transport="smtp"))  # by which it is told apart
    migrate.downgrade(container.database, "0011")
    migrate.upgrade(container.database)
    if known_since:
        moved(container, clock)
    supporter.browser.post(f"{private}/delete")
    # Of two that it may have gone to, the one that is written to now is asked.
    assert asked(supporter) == [OLD if known_since else NEW]


class LiveRefusing(RefusingTransport, LiveMemoryTransport):
    """Live by its own word, and refuses what it is told to."""
