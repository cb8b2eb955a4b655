"""Delivery of digests: one mail a day to recipients that want it, with all of a day's letters.

Claim, started, result, as for a single letter, each for all letters of the mail at once. The mail
is built between claim and started, with no write transaction open, because typesetting hundreds of
letters takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign.delivery.deliver import (
    ClaimedMessage,
    build_failure,
    log_fault,
    record_result,
    result_from_error,
    send_message,
)
from campaign.delivery.queries import carried_letters, digests, queue
from campaign.delivery.rules.delivery import Outcome
from campaign.errors import KeyMissing, NoLongerPossible, TransportError
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from campaign.delivery.deliver import DeliveryDependencies
    from campaign.delivery.digest_builder import DigestBuilder
    from campaign.delivery.queries.attempts import AttemptResult


class DigestDeliveryService:
    """Delivery service for digests: claims the letters of one and hands it to a transport."""

    def __init__(self, dependencies: DeliveryDependencies, digest_builder: DigestBuilder) -> None:
        self._dependencies = dependencies
        self._holder = dependencies.holder
        self._digest_builder = digest_builder

    def deliver_one(self) -> int:
        """Deliver one digest, if one is due; return how many letters were claimed."""
        dependencies = self._dependencies
        with dependencies.database.writing() as session:
            claimed = digests.claim(session, self._holder, dependencies.clock(), dependencies.pace)
        if claimed is None:
            return 0
        digest_id, letter_ids = claimed
        try:
            with dependencies.database.reading() as session:
                built = self._digest_builder.build_mail(
                    session,
                    letter_ids,
                    digest_id,
                    live=dependencies.pace.live,
                    now=dependencies.clock(),
                )
        except (KeyMissing, DBAPIError):
            self._unclaim(digest_id)
            raise
        except Exception as error:  # noqa: BLE001 - one recipient's mail must not stop the others
            log_fault("a daily mail could not be made", error)
            self._unclaim(digest_id, defer=True)
            return len(letter_ids)
        self._settle_unsendable(built.unsendable)
        left_out = set(letter_ids) - built.hashes.keys() - built.unsendable.keys()
        with dependencies.database.writing() as session:
            carried_letters.leave_digest(session, left_out, digest_id, dependencies.clock())
        if built.hashes:
            self._hand_over(ClaimedMessage(digest_id, built.envelope, built.hashes))
        else:
            self._unclaim(digest_id)
        return len(letter_ids)

    def _hand_over(self, message: ClaimedMessage) -> None:
        dependencies = self._dependencies
        try:
            with dependencies.transport.connect() as connection:
                with dependencies.database.writing() as session:
                    begun = queue.begin_attempt(
                        session, message.start, self._holder, dependencies.clock()
                    )
                if not begun:
                    # One was withdrawn or is over its limit: the next attempt is without it.
                    self._unclaim(message.id)
                    return
                result, _ = send_message(connection, message.envelope)
                self._finish(message, result, started=True)
        except TransportError as error:
            self._finish(message, result_from_error(error, Outcome.TEMPORARY), started=False)

    def _finish(self, message: ClaimedMessage, result: AttemptResult, *, started: bool) -> None:
        dependencies, now = self._dependencies, self._dependencies.clock()
        dependencies.metrics.count_attempt(message.metric, result.outcome)
        with dependencies.database.writing() as session:
            record_result(session, message, self._holder, result, now, started=started)

    def _settle_unsendable(self, unsendable: Mapping[UUID, Exception]) -> None:
        """Settle letters that must not be sent any more, or cannot be built."""
        now = self._dependencies.clock()
        with self._dependencies.database.writing() as session:
            for letter in letters.lock_in_order(session, unsendable):
                if letter.state is not LetterState.CLAIMED:
                    continue
                error = unsendable[letter.id]
                if isinstance(error, NoLongerPossible):
                    carried_letters.drop(letter, now)
                else:
                    result = build_failure(error)
                    carried_letters.settle_unbuilt(session, letter, self._holder, result, now)

    def _unclaim(self, digest_id: UUID, *, defer: bool = False) -> None:
        """Put the letters back into the queue; with `defer`, leave their recipient alone."""
        now = self._dependencies.clock()
        with self._dependencies.database.writing() as session:
            queue.unclaim(session, digest_id, self._holder, now)
            if defer:
                digests.defer_recipient(session, digest_id, now)
