"""How long the console's pages take with a million signatures, on SQLite.

`python benchmarks/console.py` prints medians; `python benchmarks/console.py fill FOLDER N`
fills an instance folder with N made-up signatures, to look at the pages with `make run`, and
`look FOLDER` measures with what such a folder has.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from campaign.container import Container, build_container
from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import Outcome
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.operations.commands.prepare import load_data
from campaign.organisers import sign_in
from campaign.organisers.accounts import Invitation, invite
from campaign.organisers.queries import organisers
from campaign.organisers.rows import OrganiserRow
from campaign.organisers.sign_in import Browser
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.load import load_settings
from campaign.signatures.rows import CountRow, EventRow, SignatureRow
from campaign.signatures.rules.signature import Origin, Person, SignatureState
from campaign.signatures.sealing import hash_person, seal_person
from campaign.store import migrate
from campaign.store.ids import uuid7
from campaign.web_app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.testing import FlaskClient

SLUG = "eu-china-dialogue"
CAMPAIGN = f"/console/c/{SLUG}"
SIGNATURES = 1_000_000
BATCH = 10_000
RUNS = 5
LIMIT_SECONDS = 2.0

EXPORTS = {
    f"{CAMPAIGN}/export/counts": {"by": "day", "format": "csv"},
    f"{CAMPAIGN}/export/letters": {"format": "jsonl"},
    f"{CAMPAIGN}/exports/signatures": {"format": "csv", "reason": "a benchmark"},
}
GOVERNMENTS = ("DE", "FR", "IT", "ES", "PL", "NL", "BE", "GR", "MT", "EE", "IE", "SE")
LANGUAGES = ("en", "de", "fr", "el")
PAGES = (
    f"{CAMPAIGN}/",
    f"{CAMPAIGN}/counts?by=government&by=day",
    f"{CAMPAIGN}/signatures",
    f"{CAMPAIGN}/signatures?state=pending&government=DE&source=poster",
    f"{CAMPAIGN}/signatures?state=confirmed&held=y",
    f"{CAMPAIGN}/letters",
    f"{CAMPAIGN}/letters?state=accepted",
    "/console/recipients",
    "/console/recipients/DE/foreign-affairs",
    "/console/log",
    "/console/people",
)


def main() -> None:
    match sys.argv[1:]:
        case ["fill", folder, number]:
            with_house(folder, lambda container: fill(container, int(number)))
        case ["look", folder]:
            with_house(folder, browse)
        case _:
            with tempfile.TemporaryDirectory() as folder:
                with_house(folder, lambda container: fill(container, SIGNATURES))
                with_house(folder, browse)


def with_house(folder: str, work: Callable[[Container], None]) -> None:
    container = opened(folder)
    work(container)
    container.database.close()


def opened(folder: str) -> Container:
    container = build_container(
        load_settings({**os.environ, "CAMPAIGN_INSTANCE": str(Path(folder).resolve())})
    )
    migrate.upgrade(container.database)
    load_data(container)
    return container


def fill(container: Container, signatures: int) -> None:
    """Store made-up signatures with their letters, events and counters."""
    draw = random.Random(7)  # noqa: S311 - the same each time
    counted: dict[tuple[Any, ...], int] = {}
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
    keys = (loaded.campaign_id, loaded.revision_id)
    for start in range(0, signatures, BATCH):
        numbers = range(start, min(start + BATCH, signatures))
        rows = [_signature(container, keys, number, draw) for number in numbers]
        with container.database.writing() as session:
            session.execute(insert(SignatureRow), rows)
            confirmed = [row for row in rows if row["confirmed_at"]]
            session.execute(insert(EventRow), [_event(row) for row in confirmed])
            session.execute(insert(LetterRow), [_letter(row, draw) for row in confirmed])
            session.execute(insert(AttemptRow), [_attempt(row) for row in confirmed])
        for row in confirmed:
            key = (row["government"], row["language"], row["counted_day"], row["source"])
            counted[key] = counted.get(key, 0) + (row["state"] is SignatureState.CONFIRMED)
    with container.database.writing() as session:
        session.execute(insert(CountRow), list(_counters(keys, counted)))


def browse(container: Container) -> None:
    """Time each page as an owner sees it."""
    browser = signed_in(container)
    for page in PAGES:
        took = []
        for _ in range(RUNS):
            began = time.perf_counter()
            answer = browser.get(page)
            took.append(time.perf_counter() - began)
            assert answer.status == "200 OK", page
        print(f"{page:64}{statistics.median(took):7.2f} s   limit {LIMIT_SECONDS:.0f} s")
    for path, fields in EXPORTS.items():
        print(f"{path + ', first byte':64}{first_byte(browser, path, fields):7.2f} s   limit 1 s")


def signed_in(container: Container) -> FlaskClient:
    """Return the browser of a site owner."""
    browser = create_app(container).test_client()
    browser.set_cookie("console", _session(container), path="/console")
    return browser


def first_byte(browser: FlaskClient, path: str, fields: dict[str, str]) -> float:
    """Return the median of the seconds until an export's first byte is there."""
    took = []
    for _ in range(RUNS):
        found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(f"{CAMPAIGN}/").text)
        assert found
        began = time.perf_counter()
        answer = browser.post(path, data={**fields, "csrf_token": found.group(1)}, buffered=False)
        next(answer.iter_encoded())
        took.append(time.perf_counter() - began)
        answer.close()
    return statistics.median(took)


def _session(container: Container) -> str:
    now, email = container.clock(), "bench@example.org"
    with container.database.writing() as session:
        invitation = Invitation("Bench", email, site_owner=True)
        invite(session, container.keyring, invitation, "bench", now)
        row = session.scalars(select(OrganiserRow).where(OrganiserRow.name == "Bench")).one()
        return sign_in.start_session(
            session, organisers.lock(session, row.id), Browser(None, "bench"), now
        )


def _signature(
    container: Container, keys: tuple[int, int], number: int, draw: random.Random
) -> dict[str, Any]:
    began = datetime.now(UTC) - timedelta(days=60) * draw.random() ** 2 - timedelta(minutes=5)
    signature_id = uuid7(began)
    person = Person(f"Testa Example {number}", f"testa{number}@example.org")
    hashes = hash_person(container.keyring, person)
    state = SignatureState.CONFIRMED if draw.random() < 0.9 else SignatureState.PENDING  # noqa: PLR2004
    is_confirmed = state is SignatureState.CONFIRMED
    return {
        "id": signature_id,
        "campaign_id": keys[0],
        "revision_id": keys[1],
        "government": draw.choice(GOVERNMENTS),
        "language": draw.choice(LANGUAGES),
        "origin": Origin.ONLINE,
        "source": draw.choice(("", "", "newsletter", "poster")),
        "state": state,
        "held": False,
        "identity_hash": hashes.identity,
        "identity_rules": hashes.rules_version,
        "email_hash": hashes.email,
        "domain_hash": hashes.domain,
        "name_hash": hashes.name,
        "sealed": seal_person(container.keyring, signature_id, person),
        "send_letter": True,
        "show_name": draw.random() < 0.5,  # noqa: PLR2004
        "send_news": draw.random() < 0.3,  # noqa: PLR2004
        "created_at": began,
        "confirmed_at": began + timedelta(minutes=4) if is_confirmed else None,
        "counted_day": (began + timedelta(minutes=4)).date() if is_confirmed else None,
    }


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "signature_id": row["id"],
        "kind": "confirmed",
        "effect": 1,
        "day": row["counted_day"],
        "at": row["confirmed_at"],
    }


def _letter(row: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    states: Sequence[LetterState] = (
        *[LetterState.ACCEPTED] * 90,
        *[LetterState.QUEUED] * 6,
        LetterState.WAITING,
        LetterState.BOUNCED,
        LetterState.REFUSED,
        LetterState.UNCERTAIN,
    )
    state = draw.choice(states)
    return {
        "id": row["id"],
        "signature_id": row["id"],
        "campaign_id": row["campaign_id"],
        "recipient": recipient_key(row["government"]),
        "language": "en",
        "send_method": SendMethod.WE_SEND,
        "state": state,
        "waiting_for": WaitingFor.PAUSE if state is LetterState.WAITING else None,
        "keys": {},
        "letter_date": row["counted_day"],
        "queued_at": row["confirmed_at"],
        # Far away: no worker that looks at these shall send what has no text.
        "due_at": row["confirmed_at"] + timedelta(days=3650),
        "changed_at": row["confirmed_at"],
        "answered_at": row["confirmed_at"] if draw.random() < 0.01 else None,  # noqa: PLR2004
    }


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "letter_id": row["id"],
        "outcome": Outcome.ACCEPTED,
        "transport": "outbox",
        "worker": "made-up",
        "reply": "250 ok",
        "at": row["confirmed_at"],
    }


def _counters(
    keys: tuple[int, int], counted: dict[tuple[Any, ...], int]
) -> Iterator[dict[str, Any]]:
    for (government, language, day, source), number in counted.items():
        yield {
            "campaign_id": keys[0],
            "revision_id": keys[1],
            "government": government,
            "language": language,
            "day": day,
            "origin": Origin.ONLINE,
            "source": source,
            "shard": 0,
            "signatures": number,
        }


if __name__ == "__main__":
    main()
