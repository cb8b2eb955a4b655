"""What a worker does for rehearsals: copies instead of letters, and erasing what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.queries import rehearsals
from campaign.delivery.queries import mails, unsent
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.signatures.queries import signatures
from campaign.signing.queries import signed_rehearsals

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.store.database import Database

BATCH = 50


class RehearsalService:
    """Sends nothing to offices, a copy of each letter to a colleague, and erases what is over."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def send_copies(self) -> None:
        """Queue a copy of each letter of a rehearsal in place of the letter."""
        now = self._clock()
        with self._database.writing() as session:
            for letter in unsent.drop_of_campaigns(
                session, rehearsals.all_ids(session), now, BATCH
            ):
                signature = signatures.find(session, letter.signature_id)
                if signature is not None:
                    kind, language = OutgoingKind.LETTER_COPY, signature.language
                    mails.enqueue(session, signature, kind, language, now, letter_id=letter.id)

    def erase_ended(self) -> None:
        """Erase the rehearsals whose time is over, with everybody who signed in them."""
        now = self._clock()
        with self._database.reading() as session:
            over = rehearsals.ended(session, now)
        for campaign_id in over:
            with self._database.writing() as session:
                if not signed_rehearsals.is_being_sent(session, campaign_id):
                    signed_rehearsals.erase(session, campaign_id)
