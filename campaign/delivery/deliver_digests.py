"""Deliver one mail a day to ministries that want it so: all of a day's letters together.

Claim, started, result, as for a single letter, and each for all letters of the mail at
once. The mail is made between claim and started, with no transaction open for writing,
because setting hundreds of letters in print takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign.delivery.deliver import delivered, not_composed, report, result_of, sent
from campaign.delivery.queries import digests, queue
from campaign.delivery.queries.attempts import LetterStart
from campaign.delivery.rules.delivery import REFUSED, Outcome
from campaign.errors import KeyMissing, NoLongerPossible, TransportError
from campaign.letters.queries import caps as letter_caps
from campaign.letters.rows import LetterRow
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from campaign.delivery.deliver import Hands
    from campaign.delivery.digest import Binder, Bound
    from campaign.delivery.queries.attempts import Result


class DailyCourier:
    """Claims the letters of one daily mail and gives it to a transport."""

    def __init__(self, hands: Hands, binder: Binder) -> None:
        self._hands = hands
        self._holder = hands.holder
        self._binder = binder

    def deliver(self) -> int:
        """Deliver one mail, if one is due; return how many letters were claimed."""
        hands = self._hands
        with hands.database.writing() as session:
            claimed = [
                row.id for row in digests.claim(session, self._holder, hands.clock(), hands.pace)
            ]
        if not claimed:
            return 0
        digest_id = uuid7(hands.clock())
        try:
            with hands.database.reading() as session:
                bound = self._binder.bind(
                    session, claimed, digest_id, live=hands.pace.live, now=hands.clock()
                )
        except (KeyMissing, DBAPIError):
            self._release(claimed)
            raise
        except Exception as error:  # noqa: BLE001 - one ministry's mail must not stop the others
            report("a daily mail could not be made", error)
            with hands.database.writing() as session:
                digests.postpone(session, claimed, self._holder, hands.clock())
            return len(claimed)
        self._set_aside(bound.unfit)
        self._release(set(claimed) - bound.letters.keys() - bound.unfit.keys())
        if bound.letters:
            self._hand_over(digest_id, bound)
        return len(claimed)

    def _hand_over(self, digest_id: UUID, bound: Bound) -> None:
        hands, ids = self._hands, bound.letters.keys()
        sent_to = bound.envelope.recipient
        starts = {
            letter_id: LetterStart(traces.caps, sent_to, digest_id)
            for letter_id, traces in bound.letters.items()
        }
        try:
            with hands.transport.connect() as connection:
                with hands.database.writing() as session:
                    begun = digests.start(session, starts, self._holder, hands.clock())
                if not begun:
                    # One was withdrawn meanwhile, or is one too many: the next try is without it.
                    self._release(ids)
                    return
                result, _ = sent(connection, bound.envelope)
                self._finish(digest_id, bound, result)
        except TransportError as error:
            self._finish(digest_id, bound, result_of(error, Outcome.TEMPORARY))

    def _finish(self, digest_id: UUID, bound: Bound, result: Result) -> None:
        now = self._hands.clock()
        self._hands.meter.attempt("digest", result.outcome)
        with self._hands.database.writing() as session:
            for row, signature in digests.finish(
                session, bound.letters.keys(), digest_id, self._holder, result, now
            ):
                delivered(session, row, signature, bound.letters[row.id], now)
            if result.outcome in REFUSED:
                # Of those that were begun: without a connection none was.
                for letter_id in digests.letters_of(session, digest_id):
                    letter_caps.give_back(session, bound.letters[letter_id].caps, letter_id)

    def _set_aside(self, unfit: Mapping[UUID, Exception]) -> None:
        """Settle letters that must not leave any more, or cannot be made."""
        now = self._hands.clock()
        with self._hands.database.writing() as session:
            for letter_id, error in sorted(unfit.items()):
                if isinstance(error, NoLongerPossible):
                    digests.drop(session, letter_id, self._holder, now)
                    continue
                result = not_composed(error)
                queue.finish(session, LetterRow, letter_id, self._holder, result, now)

    def _release(self, ids: Collection[UUID]) -> None:
        with self._hands.database.writing() as session:
            digests.release(session, ids, self._holder, self._hands.clock())
