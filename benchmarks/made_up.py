"""Made-up signatures with letters, stored through the services, for the benchmarks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.campaigns.letter_text import Choices, choose_keys, compose
from campaign.campaigns.rules.consents import TICKS, Consent
from campaign.letters.rules.letter import WrittenLetter
from campaign.signatures.rules.signature import Person
from campaign.signing import submit as signing
from campaign.signing.submit import Shown, Submission
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from campaign.container import House

SLUG = "eu-china-dialogue"


def sign(house: House, letters: int, government: str = "DE") -> None:
    """Sign and confirm so often, each letter with a paragraph of its own."""
    with house.database.writing() as session:
        campaign = house.shelf.by_slug(session, SLUG)
        demands = [demand.key for demand in campaign.campaign.revision.demands]
        consents = dict.fromkeys(TICKS, False) | {Consent.SEND_LETTER: True}
        for number in range(letters):
            now = datetime.now(UTC)
            person = Person("Testa Example", f"testa{number}@example.org", "Exampletown")
            keys = choose_keys(campaign.campaign, demands, uuid7(now))
            own = f"Dies ist der Absatz Nummer {number}. " * 10
            text = compose(
                campaign.campaign, Choices(government, keys, own, person.signature), "de"
            )
            letter = WrittenLetter("de", keys, text, own, edited=False)
            submission = Submission(uuid7(now), person, government, "de", "", consents, letter)
            signature_id = signing.submit(session, house.keyring, campaign, submission, now)
            wanted = house.keyring, campaign.campaign_id, signature_id, Shown("x", "de")
            signing.confirm(session, *wanted, live=False, now=now)
