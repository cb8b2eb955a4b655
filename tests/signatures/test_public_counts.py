"""The counters: right after anything that can happen, and checked from the events."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text, update

from campaign.delivery.queries.claiming import SitePace
from campaign.exports.tables import count_table
from campaign.signatures.queries import counts
from campaign.signatures.rows import CountRow, SignatureRow
from campaign.signatures.rules.counts import Dimension
from campaign.signatures.rules.signature import Origin, SignatureState
from tests.conftest import SLUG
from tests.helpers.housekeeping import sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.supporter import Supporter


def table(container: Container, *by: Dimension) -> list[list[object]]:
    with container.database.reading() as session:
        rows = count_table(session, container.campaign_cache.by_slug(session, SLUG), by).rows
        return [list(row) for row in rows]


def test_counts_stand_by_any_dimensions(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign(email="a@example.org", government="DE", source="newsletter")
    clock.advance(days=1)
    supporter.lang = "el"
    supporter.sign(email="b@example.org", government="GR")
    assert table(container, Dimension.LANGUAGE, Dimension.GOVERNMENT) == [
        ["el", "GR", 1],
        ["en", "DE", 1],
    ]
    assert table(container, Dimension.DAY, Dimension.ORIGIN) == [
        [date(2026, 11, 2), "online", 1],
        [date(2026, 11, 3), "online", 1],
    ]
    assert table(container) == [[2]]


def test_a_later_change_falls_on_the_day_that_the_signature_counts_for(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign(email="a@example.org")
    private = supporter.sign(email="b@example.org")
    clock.advance(days=3)
    supporter.browser.post(f"{private}/withdraw")
    assert table(container, Dimension.DAY) == [[date(2026, 11, 2), 1]]


def test_counters_of_a_day_that_is_over_are_put_together_and_go_on_counting(
    supporter: Supporter, container: Container, clock: Clock, worker: Worker
) -> None:
    privates = [supporter.sign(email=f"testa.{n}@example.org") for n in range(12)]
    worker.run_housekeeping()
    assert len(shards(container)) > 1
    clock.advance(days=1)
    worker.run_housekeeping()
    assert shards(container) == [(0, 12)]
    for private in privates[:5]:
        supporter.browser.post(f"{private}/withdraw")
    assert table(container, Dimension.DAY) == [[date(2026, 11, 2), 7]]
    worker.run_housekeeping()
    assert shards(container) == [(0, 7)]
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []


def test_gathering_and_a_change_of_several_signatures_never_wait_for_each_other(
    postgresql_url: str, make_container: Callable[[dict[str, str]], Container], tmp_path: Path
) -> None:
    environ = {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    container = make_container(environ)
    key = 1, 1, "DE", "en", date(2026, 11, 2), Origin.ONLINE, ""
    names = ("campaign_id", "revision_id", "government", "language", "day", "origin", "source")
    with container.database.writing() as session:
        counter = dict(zip(names, key, strict=True))
        session.add_all(CountRow(**counter, shard=shard, signatures=3) for shard in (0, 5, 2))

    def gather() -> None:
        with container.database.writing() as session:
            counts.merge_shards(session, key)

    def change(session: Session, shard: int) -> None:
        its_own = CountRow.government == "DE", CountRow.shard == shard
        session.execute(update(CountRow).where(*its_own).values(signatures=2))

    with ThreadPoolExecutor(1) as hands:
        with container.database.writing() as session:
            change(session, 0)
            gathering = hands.submit(gather)
            wait_for_a_lock(container)
            change(session, 2)
            change(session, 5)
        gathering.result()
    assert shards(container) == [(0, 6)]


def wait_for_a_lock(container: Container) -> None:
    """Return when somebody waits for a row that somebody else has changed."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        with container.database.reading() as session:
            if session.execute(waiting).scalar_one():
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


def shards(container: Container) -> list[tuple[int, int]]:
    with container.database.reading() as session:
        rows = session.execute(select(CountRow.shard, CountRow.signatures))
        return [(row.shard, row.signatures) for row in rows]


def test_an_unregistered_source_counts_as_other(supporter: Supporter, container: Container) -> None:
    for number, source in enumerate(("newsletter", "made-up", "", "x" * 60)):
        supporter.sign(email=f"s{number}@example.org", source=source)
    assert table(container, Dimension.SOURCE) == [["", 1], ["newsletter", 1], ["other", 2]]


@pytest.mark.long
def test_the_books_balance_after_a_random_month(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    dice = random.Random(20000928)
    privates: list[str] = []
    submitted = 0
    for _ in range(60):
        email = f"person{dice.randrange(25)}@example.org"
        clock.advance(hours=dice.randrange(24))
        match dice.randrange(6):
            case 0 | 1:
                supporter.submit(email=email, government=dice.choice(["DE", "FR", "MT"]))
                submitted += 1
            case 2 | 3:
                supporter.submit(email=email)
                submitted += 1
                supporter.deliver()
                mails = [one for one in supporter.mails(email) if "/confirm/" in one.text]
                if mails:
                    answer = supporter.browser.post(mails[-1].link("confirm"))
                    if answer.status_code == 303:
                        privates.append(answer.location.replace("/done/", "/private/"))
            case 4 if privates:
                supporter.browser.post(f"{dice.choice(privates)}/withdraw")
            case 5 if privates:
                supporter.browser.post(f"{dice.choice(privates)}/delete")
        with container.database.writing() as session:
            sweep(session, container.keyring, SitePace(live=False), clock())
    with container.database.reading() as session:
        rows = session.execute(
            select(SignatureRow.state, func.count()).group_by(SignatureRow.state)
        )
        by_state = {state: number for state, number in rows}  # noqa: C416 - rows are no pairs
        assert counts.find_mismatches(session) == []
        assert counts.total(session, 1) == by_state[SignatureState.CONFIRMED] == supporter.count()
        assert len(by_state) >= 4
    assert sum(by_state.values()) == submitted


def test_the_check_names_a_counter_that_is_wrong(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []
    with container.database.writing() as session:
        session.execute(update(CountRow).values(signatures=7))
    with container.database.reading() as session:
        (difference,) = counts.find_mismatches(session)
    assert (difference.campaign, difference.counted, difference.from_events) == (SLUG, 7, 1)


@pytest.mark.parametrize("hours", [23, 25])
def test_one_reminder_goes_out_after_a_day(
    supporter: Supporter, container: Container, clock: Clock, hours: int
) -> None:
    supporter.submit()
    supporter.deliver()
    for _ in range(2):
        clock.advance(hours=hours)
        with container.database.writing() as session:
            sweep(session, container.keyring, SitePace(live=False), clock())
    supporter.deliver()
    subjects = [mail.message["Subject"].split(":")[0] for mail in supporter.mails()]
    assert subjects == [
        "Please confirm your signature",
        "Your signature is not confirmed yet",
    ]


def test_what_is_not_confirmed_in_seven_days_is_forgotten(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    clock.advance(days=7, minutes=1)
    with container.database.writing() as session:
        sweep(session, container.keyring, SitePace(live=False), clock())
    with container.database.reading() as session:
        row = session.scalars(select(SignatureRow)).one()
    assert row.state is SignatureState.EXPIRED
    assert (row.sealed, row.identity_hash, row.email_hash) == (None, None, None)
