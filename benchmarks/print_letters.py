"""How much memory one file of 1,000 letters takes: `campaign letters print`, as a process.

The letters are stored through the services, each with a paragraph of its own. The limit
is the project's own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from campaign.cli.prepare import load
from campaign.config import Settings
from campaign.content.letters import Choices, choose_keys, compose
from campaign.domain.ids import uuid7
from campaign.domain.letter import WrittenLetter
from campaign.domain.signature import TICKS, Consent, Person
from campaign.factory import House, build
from campaign.services import signing
from campaign.services.signing import Shown, Submission
from campaign.store import migrate

LETTERS = 1_000
LIMIT_MEGABYTES = 250
SLUG = "eu-china-dialogue"


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        environ = {**os.environ, "CAMPAIGN_INSTANCE": instance}
        house = build(Settings.from_environment(environ))
        migrate.upgrade(house.database)
        load(house)
        sign(house)
        house.database.close()
        output = Path(instance) / "letters.pdf"
        began = time.perf_counter()
        command = [sys.executable, "-m", "campaign", "letters", "print", "--government", "DE"]
        subprocess.run([*command, "--output", output], env=environ, check=True, stdout=sys.stderr)
        seconds = time.perf_counter() - began
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = output.stat().st_size / 1_000_000
    print(
        f"{LETTERS} letters printed      {megabytes:8.0f} MB   limit {LIMIT_MEGABYTES}, "
        f"in {seconds:.1f} s, a file of {size:.1f} MB"
    )


def sign(house: House) -> None:
    with house.database.writing() as session:
        campaign = house.shelf.by_slug(session, SLUG)
        demands = [demand.key for demand in campaign.campaign.revision.demands]
        consents = dict.fromkeys(TICKS, False) | {Consent.SEND_LETTER: True}
        for number in range(LETTERS):
            now = datetime.now(UTC)
            person = Person("Testa Example", f"testa{number}@example.org", "Exampletown")
            keys = choose_keys(campaign.campaign, demands, uuid7(now))
            own = f"Dies ist der Absatz Nummer {number}. " * 10
            text = compose(campaign.campaign, Choices("DE", keys, own, person), "de")
            letter = WrittenLetter("de", keys, text, own, edited=False)
            submission = Submission(uuid7(now), person, "DE", "de", "", consents, letter)
            signature_id = signing.submit(session, house.vault, campaign, submission, now)
            signing.confirm(session, signature_id, Shown("x", "de"), live=False, now=now)


if __name__ == "__main__":
    main()
