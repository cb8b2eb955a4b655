"""How soon one letter to each of today's governments is a file, after the confirmations.

The worker is a process of its own, as `make run` starts it, idle when the letters are
queued. Prints the median of several runs; the limit is the project's own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.container import Container, build_container, outbox_folder
from campaign.letters.rules.letter import LetterDraft
from campaign.operations.commands.prepare import load_data
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.load import load_settings
from campaign.signatures.rules.signature import Person
from campaign.signing import confirm, submit
from campaign.signing.confirm import ConsentText
from campaign.signing.submit import Submission
from campaign.store import migrate
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

RUNS = 5
LIMIT_SECONDS = 2.0
PATIENCE = 60.0
SLUG = "eu-china-dialogue"


def main() -> None:
    letters, seconds = 0, []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as instance:
            letters, took = deliver_once({**os.environ, "CAMPAIGN_INSTANCE": instance})
            seconds.append(took)
    print(
        f"{letters} letters to files        {statistics.median(seconds):8.2f} s    "
        f"limit {LIMIT_SECONDS:.0f}"
    )


def deliver_once(environ: dict[str, str]) -> tuple[int, float]:
    container = build_container(load_settings(environ))
    migrate.upgrade(container.database)
    load_data(container)
    waiting = sign_for_every_government(container)
    worker = subprocess.Popen([sys.executable, "-m", "campaign", "worker"], env=environ)
    try:
        # The mails that ask for confirmation leave first; then the worker is idle.
        wait_for(container, "mail-*.eml", len(waiting))
        began = time.perf_counter()
        for signature_id in waiting:
            with container.database.writing() as session:
                shown = ConsentText("Count my signature", "en")
                campaign = container.campaign_cache.by_slug(session, SLUG).campaign_id
                now = container.clock()
                wanted = container.keyring, campaign, signature_id, shown
                confirm.confirm_by_steps(session, *wanted, live=False, now=now)
        wait_for(container, "letter-*.eml", len(waiting))
        return len(waiting), time.perf_counter() - began
    finally:
        worker.terminate()
        worker.wait()
        container.database.close()


def sign_for_every_government(container: Container) -> list[UUID]:
    now = datetime.now(UTC)
    made = []
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        demands = [demand.key for demand in loaded.campaign.revision.demands]
        for code, government in container.reference.governments.items():
            if not government.member_on(now.date()):
                continue
            reads = container.reference.recipients[recipient_key(code)].letter_languages
            language = loaded.campaign.letter_languages(reads)[0]
            person = Person("Testa Example", f"{code.lower()}@example.org")
            keys = pick_variants(loaded.campaign, demands, uuid7(now))
            text = compose_letter(
                loaded.campaign, LetterChoices(code, keys, "", person.signature_block), language
            )
            letter = LetterDraft(recipient_key(code), language, keys, text, "", edited=False)
            consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SEND_LETTER: True}
            submission = Submission(uuid7(now), person, code, "en", "", consents, [letter])
            made.append(submit.submit_by_steps(session, container.keyring, loaded, submission, now))
    return made


def wait_for(container: Container, pattern: str, number: int) -> None:
    folder: Path = outbox_folder(container.settings)
    deadline = time.monotonic() + PATIENCE
    while len(list(folder.glob(pattern))) < number:
        if time.monotonic() > deadline:
            sys.exit(f"{pattern}: not {number} files within {PATIENCE:.0f} s")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
