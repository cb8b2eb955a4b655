"""Made-up signatures with letters, stored through the services, for the benchmarks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.letters.rules.letter import LetterDraft
from campaign.signatures.rules.signature import Person
from campaign.signing import confirm, submit
from campaign.signing.confirm import ConsentText
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from campaign.container import Container

SLUG = "eu-china-dialogue"


def sign(container: Container, letters: int, government: str = "DE") -> None:
    """Sign and confirm so often, each letter with a paragraph of its own."""
    with container.database.writing() as session:
        campaign = container.campaign_cache.by_slug(session, SLUG)
        demands = [demand.key for demand in campaign.campaign.revision.demands]
        consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SEND_LETTER: True}
        for number in range(letters):
            now = datetime.now(UTC)
            person = Person("Testa Example", f"testa{number}@example.org", "Exampletown")
            keys = pick_variants(campaign.campaign, demands, uuid7(now))
            own = f"Dies ist der Absatz Nummer {number}. " * 10
            text = compose_letter(
                campaign.campaign,
                LetterChoices(government, keys, own, person.signature_block),
                "de",
            )
            letter = LetterDraft("DE/foreign-affairs", "de", keys, text, own, edited=False)
            submission = Submission(uuid7(now), person, government, "de", "", consents, [letter])
            signature_id = submit.submit_by_steps(
                session, container.keyring, campaign, submission, now
            )
            wanted = container.keyring, campaign.campaign_id, signature_id, ConsentText("x", "de")
            confirm.confirm_by_steps(session, *wanted, live=False, now=now)
