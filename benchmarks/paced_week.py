"""A simulated week of 10,000 letters, spread over today's governments by population.

Time is handed in and moves by minutes; the queue is the real one, on SQLite. Checks that
no hour, day, holiday or closing time is broken and prints the day on which each queue is,
or will be, through. Exits with an error if a limit was broken.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from campaign.container import Container, build_container, create_pace
from campaign.delivery.pacing import expected_queue_end
from campaign.delivery.queries import claiming, queue
from campaign.delivery.queries.attempts import Actor, AttemptResult
from campaign.delivery.rules.delivery import Outcome
from campaign.letters.queries import letters
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod
from campaign.operations.commands.prepare import load_data
from campaign.recipients.rows import RecipientRow
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.load import load_settings
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import Origin, SignatureState
from campaign.store import migrate
from campaign.store.ids import uuid7
from tests.helpers.outgoing import letter_start

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.delivery.queries.claiming import SitePace

LETTERS = 10_000
START = datetime(2026, 12, 21, 6, 0, tzinfo=UTC)
"""A Monday before Christmas, so that holidays count."""

DAYS = 7
STEP = timedelta(minutes=1)

# Millions of people, rounded and without a source: only rough proportions matter here.
MILLIONS = {
    "DE": 83.4,
    "FR": 68.4,
    "IT": 59.0,
    "ES": 48.6,
    "PL": 36.6,
    "RO": 19.1,
    "NL": 17.9,
    "BE": 11.8,
    "CZ": 10.9,
    "SE": 10.6,
    "PT": 10.6,
    "GR": 10.4,
    "HU": 9.6,
    "AT": 9.2,
    "BG": 6.4,
    "DK": 6.0,
    "FI": 5.6,
    "SK": 5.4,
    "IE": 5.3,
    "HR": 3.9,
    "LT": 2.9,
    "SI": 2.1,
    "LV": 1.9,
    "EE": 1.4,
    "CY": 0.9,
    "LU": 0.7,
    "MT": 0.6,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        container = build_container(load_settings({"CAMPAIGN_INSTANCE": instance}))
        migrate.upgrade(container.database)
        load_data(container)
        jitter = random.Random(1).random  # noqa: S311
        pace = replace(create_pace(container, live=False), enforced=True, jitter=jitter)
        queued = fill(container)
        left = run(container, pace)
        faults = check(container, pace, left)
        report(container, pace, queued, left)
        container.database.close()
    sys.exit("\n".join(faults) or None)


def fill(container: Container) -> Counter[str]:
    """Queue the letters of confirmed signatures; what they say does not matter here."""
    governments = random.Random(1).choices(  # noqa: S311 - the same letters in every run
        list(MILLIONS), weights=list(MILLIONS.values()), k=LETTERS
    )
    made = [(uuid7(START), government) for government in governments]
    with container.database.writing() as session:
        campaign = container.campaign_cache.all(session)[0]
        keys = {"campaign_id": campaign.campaign_id, "language": "en"}
        session.execute(
            insert(SignatureRow),
            [
                {
                    **keys,
                    "id": row_id,
                    "revision_id": campaign.revision_id,
                    "government": government,
                    "origin": Origin.ONLINE,
                    "state": SignatureState.CONFIRMED,
                    "created_at": START,
                    "confirmed_at": START,
                }
                for row_id, government in made
            ],
        )
        session.execute(
            insert(LetterRow),
            [
                {
                    **keys,
                    "id": row_id,
                    "signature_id": row_id,
                    "recipient": recipient_key(government),
                    "send_method": SendMethod.WE_SEND,
                    "state": LetterState.QUEUED,
                    "keys": {},
                    "letter_date": START.date(),
                    "queued_at": START,
                    "due_at": START,
                    "changed_at": START,
                }
                for row_id, government in made
            ],
        )
    return Counter(governments)


def run(container: Container, pace: SitePace) -> dict[str, list[datetime]]:
    """Let the week pass; return when letters left, by government."""
    holder = Actor("simulation", "memory")
    left: dict[str, list[datetime]] = {government: [] for government in MILLIONS}
    now = START
    while now < START + timedelta(days=DAYS):
        while claimed := claim(container, holder, now, pace):
            for row_id, government in claimed:
                with container.database.writing() as session:
                    queue.begin_attempt(session, letter_start(row_id), holder, now)
                    result = AttemptResult(Outcome.ACCEPTED)
                    queue.finish_attempt(session, row_id, holder, result, now, [row_id])
                left[government].append(now)
        now += STEP
    return left


def claim(
    container: Container, holder: Actor, now: datetime, pace: SitePace
) -> list[tuple[UUID, str]]:
    with container.database.writing() as session:
        rows = claiming.claim_letters(session, holder, now, 50, pace)
        return [(row.id, row.government or "") for row in rows]


def check(container: Container, pace: SitePace, left: dict[str, list[datetime]]) -> list[str]:
    faults = []
    with container.database.reading() as session:
        for government, moments in left.items():
            limits = pace.limits_for(session.get_one(RecipientRow, recipient_key(government)))
            holiday = pace.holidays(government)
            days = Counter(limits.local_date(moment) for moment in moments)
            faults += [f"{government}: {n} on {day}" for day, n in days.items() if n > pace.per_day]
            for first, moment in enumerate(moments):
                hour = moment + timedelta(hours=1)
                if sum(one < hour for one in moments[first : first + 40]) > pace.per_hour:
                    faults.append(f"{government}: too many in the hour from {moment}")
                if limits.next_opening(moment, holiday) != moment:
                    faults.append(f"{government}: closed at {moment}")
    return faults


def report(
    container: Container, pace: SitePace, queued: Counter[str], left: dict[str, list[datetime]]
) -> None:
    end = START + timedelta(days=DAYS)
    print("government  letters  left in the week  through by")
    with container.database.reading() as session:
        waiting = letters.count_queued_by_recipient(session)
        for row in session.scalars(select(RecipientRow).order_by(RecipientRow.key)):
            code = row.government
            if not queued[code]:
                continue
            last = left[code][-1].date() if left[code] else START.date()
            by = expected_queue_end(row, waiting.get(row.key, 0), pace, end) or last
            print(f"{code:10}  {queued[code]:7}  {len(left[code]):16}  {by:%A %Y-%m-%d}")
    print(f"together    {sum(queued.values()):7}  {sum(map(len, left.values())):16}")


if __name__ == "__main__":
    main()
