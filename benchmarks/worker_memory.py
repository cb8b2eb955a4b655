"""What a worker weighs while it hands 100,000 letters to smtp-sink. `LETTERS=10000` takes fewer."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import deployed
import results
from delivery import sink
from made_up import SLUG
from sqlalchemy import func, insert, select

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, SendMethod
from campaign.letters.sealing import seal_letter
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import Origin, Person, SignatureState
from campaign.signatures.sealing import hash_person, seal_person
from campaign.store.ids import uuid7
from tests.bad_days.parts import Postgres, folder, prepared, rehearsing
from tests.helpers.running_site import stopping

if TYPE_CHECKING:
    from campaign.container import Container

LETTERS = int(os.environ.get("LETTERS", "100000"))
PORTION = 2_000
LOOKS = 10
LIMIT = 100


def main() -> None:
    if shutil.which("smtp-sink") is None:
        sys.exit("this benchmark needs smtp-sink (Debian: apt-get install postfix)")
    with folder() as path, sink() as port:
        server = Postgres(path / "postgresql")
        try:
            site = prepared(path, server.url, **rehearsing(port), **deployed.malloc())
            container = site.container()
            for _ in range(0, LETTERS, PORTION):
                write(container, PORTION)
            site.python = deployed.python()
            worker = site.worker()
            with stopping(worker):
                look(container, worker.pid)
            container.database.close()
        finally:
            server.close()


def look(container: Container, pid: int) -> None:
    began = time.perf_counter()
    weights = []
    for part in range(1, LOOKS + 1):
        wait_until(container, part * LETTERS // LOOKS)
        weights.append(megabytes(pid))
    took = time.perf_counter() - began
    said = f"{weights[0]:.0f} MB after the first tenth, {LETTERS / took:.0f} letters a second"
    results.row(f"worker after {LETTERS:,} letters", f"{weights[-1]:.0f} MB", f"<= {LIMIT}", said)


def wait_until(container: Container, number: int) -> None:
    accepted = select(func.count()).where(LetterRow.state == LetterState.ACCEPTED)
    while True:
        with container.database.reading() as session:
            if (session.scalar(accepted) or 0) >= number:
                return
        time.sleep(1)


def megabytes(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def write(container: Container, number: int) -> None:
    """Store confirmed signatures with queued letters, in portions."""
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        demands = [demand.key for demand in loaded.campaign.revision.demands]
        signatures: list[dict[str, Any]] = []
        letters: list[dict[str, Any]] = []
        for _ in range(number):
            now = container.clock()
            one = uuid7(now)
            person = Person("Testa Example", f"testa.{one.hex}@example.org", "Exampletown")
            keys = pick_variants(loaded.campaign, demands, one)
            text = compose_letter(
                loaded.campaign, LetterChoices("DE", keys, "", person.signature_block), "de"
            )
            shared = {"id": one, "campaign_id": loaded.campaign_id}
            hashes = hash_person(container.keyring, person)
            signatures.append(
                {
                    **shared,
                    "government": "DE",
                    "revision_id": loaded.revision_id,
                    "language": "de",
                    "origin": Origin.ONLINE,
                    "state": SignatureState.CONFIRMED,
                    "identity_hash": hashes.identity,
                    "email_hash": hashes.email,
                    "sealed": seal_person(container.keyring, one, person),
                    "send_letter": True,
                    "created_at": now,
                    "confirmed_at": now,
                    "counted_day": now.date(),
                }
            )
            letters.append(
                {
                    **shared,
                    "signature_id": one,
                    "recipient": recipient_key("DE"),
                    "language": "de",
                    "send_method": SendMethod.WE_SEND,
                    "state": LetterState.QUEUED,
                    "keys": keys.to_json(),
                    "sealed": seal_letter(container.keyring, one, text, ""),
                    "letter_date": now.date(),
                    "queued_at": now,
                    "due_at": now,
                    "changed_at": now,
                }
            )
        session.execute(insert(SignatureRow), signatures)
        session.execute(insert(LetterRow), letters)


if __name__ == "__main__":
    main()
