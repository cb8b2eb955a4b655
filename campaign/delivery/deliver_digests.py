"""Delivery of digests: one mail a day to ministries that want it, with all of a day's letters.

Claim, started, result, as for a single letter, each for all letters of the mail at once. The mail
is built between claim and started, with no write transaction open, because typesetting hundreds of
letters takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign.delivery.deliver import (
    build_failure,
    log_fault,
    record_delivery,
    result_from_error,
    send_message,
)
from campaign.delivery.queries import digests, letter_caps, queue
from campaign.delivery.queries.attempts import LetterStart
from campaign.delivery.rules.delivery import REFUSED_OUTCOMES, Outcome
from campaign.errors import KeyMissing, NoLongerPossible, TransportError
from campaign.letters.rows import LetterRow
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from campaign.delivery.deliver import DeliveryDependencies
    from campaign.delivery.digest_builder import DigestBuilder, DigestMail
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
            claimed = [
                row.id
                for row in digests.claim(
                    session, self._holder, dependencies.clock(), dependencies.pace
                )
            ]
        if not claimed:
            return 0
        digest_id = uuid7(dependencies.clock())
        try:
            with dependencies.database.reading() as session:
                bound = self._digest_builder.build_mail(
                    session,
                    claimed,
                    digest_id,
                    live=dependencies.pace.live,
                    now=dependencies.clock(),
                )
        except (KeyMissing, DBAPIError):
            self._release(claimed)
            raise
        except Exception as error:  # noqa: BLE001 - one ministry's mail must not stop the others
            log_fault("a daily mail could not be made", error)
            with dependencies.database.writing() as session:
                digests.defer_ministry(session, claimed, self._holder, dependencies.clock())
            return len(claimed)
        self._settle_unsendable(bound.unsendable)
        self._release(set(claimed) - bound.hashes.keys() - bound.unsendable.keys())
        if bound.hashes:
            self._hand_over(digest_id, bound)
        return len(claimed)

    def _hand_over(self, digest_id: UUID, bound: DigestMail) -> None:
        dependencies, ids = self._dependencies, bound.hashes.keys()
        sent_to = bound.envelope.recipient
        starts = {
            letter_id: LetterStart(letter_hashes.caps, sent_to, digest_id)
            for letter_id, letter_hashes in bound.hashes.items()
        }
        try:
            with dependencies.transport.connect() as connection:
                with dependencies.database.writing() as session:
                    begun = digests.begin_attempt(
                        session, starts, self._holder, dependencies.clock()
                    )
                if not begun:
                    # One was withdrawn or is over its limit: the next attempt is without it.
                    self._release(ids)
                    return
                result, _ = send_message(connection, bound.envelope)
                self._finish(digest_id, bound, result)
        except TransportError as error:
            self._finish(digest_id, bound, result_from_error(error, Outcome.TEMPORARY))

    def _finish(self, digest_id: UUID, bound: DigestMail, result: AttemptResult) -> None:
        now = self._dependencies.clock()
        self._dependencies.metrics.count_attempt("digest", result.outcome)
        with self._dependencies.database.writing() as session:
            for row, signature in digests.finish_attempt(
                session, bound.hashes.keys(), digest_id, self._holder, result, now
            ):
                record_delivery(session, row, signature, bound.hashes[row.id], now)
            if result.outcome in REFUSED_OUTCOMES:
                # Only those that were started: without a connection none was.
                for letter_id in digests.letter_ids_of(session, digest_id):
                    letter_caps.release_cap(session, bound.hashes[letter_id].caps, letter_id)

    def _settle_unsendable(self, unfit: Mapping[UUID, Exception]) -> None:
        """Settle letters that must not be sent any more, or cannot be built."""
        now = self._dependencies.clock()
        with self._dependencies.database.writing() as session:
            for letter_id, error in sorted(unfit.items()):
                if isinstance(error, NoLongerPossible):
                    digests.drop(session, letter_id, self._holder, now)
                    continue
                result = build_failure(error)
                queue.finish_attempt(session, LetterRow, letter_id, self._holder, result, now)

    def _release(self, ids: Collection[UUID]) -> None:
        with self._dependencies.database.writing() as session:
            digests.unclaim(session, ids, self._holder, self._dependencies.clock())
