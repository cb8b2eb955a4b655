"""No recipient gets more, or at another hour, than it bears, whoever and how many deliver."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from campaign.delivery import pacing, pause
from campaign.delivery.transports.memory import MemoryTransport
from campaign.errors import InvalidText, TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.recipients.rows import RecipientRow
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.transports import RefusingTransport
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.clock import Clock

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {
        "CAMPAIGN_PACE": "always",
        "CAMPAIGN_LETTERS_PER_HOUR": "4",
        "CAMPAIGN_LETTERS_PER_DAY": "10",
    }


def sign_many(supporter: Supporter, count: int, government: str = "DE") -> list[str]:
    """Sign and confirm; let mails leave and no letter."""
    for number in range(count):
        email = f"{government.lower()}{number}@example.org"
        supporter.submit(email=email, government=government)
    while supporter.worker.step() and len(supporter.mails()) < count:
        pass
    done = []
    for mail in supporter.mails():
        answer = supporter.browser.post(mail.link("confirm"))
        done.append(answer.location.replace("/done/", "/private/"))
    return done


def departures(
    supporter: Supporter, clock: Clock, until: datetime, minutes: int = 15
) -> list[datetime]:
    """Let time pass, so many minutes at once; return when letters left."""
    left: list[datetime] = []
    while clock.now < until:
        before = len(supporter.letters())
        supporter.deliver()
        left += [clock.now] * (len(supporter.letters()) - before)
        clock.advance(minutes=minutes)
    return left


def test_no_hour_and_no_day_gets_too_many_letters(supporter: Supporter, clock: Clock) -> None:
    sign_many(supporter, 14)
    left = departures(supporter, clock, clock.now + timedelta(hours=26))
    assert len(left) == 14
    for moment in left:
        in_that_hour = [one for one in left if moment <= one < moment + timedelta(hours=1)]
        assert len(in_that_hour) <= 4
    by_day = [moment.astimezone(BERLIN).date() for moment in left]
    assert by_day.count(date(2026, 11, 2)) == 10
    assert by_day.count(date(2026, 11, 3)) == 4


def test_letters_leave_in_office_hours_of_the_ministrys_zone_only(
    supporter: Supporter, clock: Clock
) -> None:
    clock.now = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
    sign_many(supporter, 3)
    (first, *_) = departures(supporter, clock, clock.now + timedelta(days=5), minutes=60)
    assert first.astimezone(BERLIN) == datetime(2026, 12, 28, 9, 0, tzinfo=BERLIN)


def test_two_workers_keep_one_pace(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    sign_many(supporter, 6)
    second = create_worker(container, supporter.transport)
    for _ in range(3):
        supporter.worker.step()
        second.step()
    assert len(supporter.letters()) == 1
    clock.advance(minutes=20)
    supporter.worker.step()
    second.step()
    assert len(supporter.letters()) == 2


def test_a_run_of_refusals_makes_us_rest(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    later = TransportError("421 too many", permanent=False, code="421")
    transport = RefusingTransport(lambda envelope: later if "letter-" in envelope.name else None)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    sign_many(supporter, 8)
    tried: list[datetime] = []
    for _ in range(60):
        before = len(transport.tried)
        supporter.deliver()
        tried += [clock.now] * (len(transport.tried) - before)
        clock.advance(minutes=10)
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps[-1] > 2 * gaps[0]
    with container.database.reading() as session:
        assert session.get_one(RecipientRow, "DE/foreign-affairs").refusals >= 3


def test_an_accepted_letter_ends_the_run(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    later = TransportError("450 later", permanent=False, code="450")
    answers = [later, later, None, None]
    transport = RefusingTransport(lambda one: answers.pop(0) if "letter-" in one.name else None)
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    sign_many(supporter, 2)
    departures(supporter, clock, clock.now + timedelta(hours=3))
    with container.database.reading() as session:
        assert session.get_one(RecipientRow, "DE/foreign-affairs").refusals == 0


def test_a_paused_ministry_is_not_written_to_and_everybody_can_see_why(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    (private, *_) = sign_many(supporter, 2)
    with container.database.writing() as session:
        pause.pause(session, "DE/foreign-affairs", "they asked us to wait", "Test", clock())
    supporter.deliver()
    assert supporter.letters() == []
    assert "have paused letters to this office" in supporter.browser.get(private).text
    with container.database.reading() as session:
        waiting = session.scalars(select(LetterRow.waiting_for)).all()
        assert set(waiting) == {WaitingFor.PAUSE}
    with container.database.writing() as session:
        pause.resume(session, "DE/foreign-affairs", "Test", live=False, now=clock())
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_confirmed_during_a_pause_waits_too(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with container.database.writing() as session:
        pause.pause(session, "DE/foreign-affairs", "an example", "Test", clock())
    sign_many(supporter, 1)
    supporter.worker.run_housekeeping()
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.state)).one() is LetterState.WAITING


def test_a_queue_says_when_her_letter_leaves(supporter: Supporter) -> None:
    pages = [supporter.browser.get(link).text for link in sign_many(supporter, 12)]
    said = "should be sent on ([A-Z][a-z]+), [0-9]+ [A-Z][a-z]+ 2026 at about ([0-9:]+)[.]"
    times = [re.search(said, page) for page in pages]
    found = [one.groups() for one in times if one]
    assert sum("is being sent" in page for page in pages) == 1, "the first one"
    assert len(set(found)) == 11
    assert [day for day, _ in found].count("Tuesday") == 2


def test_without_a_pace_nothing_is_said_about_days(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(environ | {"CAMPAIGN_PACE": "live"})
    transport = MemoryTransport()
    supporter = Supporter(
        create_app(container).test_client(), create_worker(container, transport), transport, SLUG
    )
    links = sign_many(supporter, 12)
    assert "should be sent" not in supporter.browser.get(links[-1]).text
    supporter.deliver()
    assert len(supporter.letters()) == 12


def test_hours_that_end_before_they_begin_and_zones_that_are_none_are_refused(
    container: Container,
) -> None:
    for zone in ("Europe/Nowhere", "../etc", ""):
        with container.database.writing() as session, pytest.raises(InvalidText):
            pacing.set_pace(
                session, "DE/foreign-affairs", pacing.PaceChange(zone=zone), "Test", START
            )
