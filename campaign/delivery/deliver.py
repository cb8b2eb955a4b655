"""Delivery of what is due: claim, started, result, each in its own short transaction.

No database connection is held while a message is handed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.delivery.queries import claiming, letter_caps, mails, queue
from campaign.delivery.queries.attempts import Actor, AttemptResult, MessageStart
from campaign.delivery.rules.delivery import BUILD_FAILED, REFUSED_OUTCOMES, Envelope, Outcome
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import (
    KeyMissing,
    NoLongerPossible,
    NotFound,
    OutcomeUnknown,
    SealError,
    TransportError,
    UnsafeMessage,
)
from campaign.language.text import redact
from campaign.letters.queries import letters, sentences
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache
    from campaign.delivery.mailer import Mailer
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.queries.claiming import SitePace
    from campaign.delivery.rows import OutgoingRow
    from campaign.delivery.rules.delivery import Connection, Transport
    from campaign.letters.rows import LetterRow
    from campaign.letters.rules.letter import LetterHashes
    from campaign.metrics import Metrics
    from campaign.signatures.rows import SignatureRow
    from campaign.store.database import Database

log = logs.get_logger(__name__)

BATCH_SIZE = 25
"""Messages claimed at once: few enough that a stopped worker has little to give back."""


@dataclass(frozen=True)
class ClaimedMessage:
    """A claimed message, ready to be handed over.

    `letters`: what is stored of each letter that it carries.
    """

    id: UUID
    envelope: Envelope
    letters: Mapping[UUID, LetterHashes] = field(default_factory=dict)

    @property
    def start(self) -> MessageStart:
        """Return what is recorded when it is about to be sent."""
        caps = {letter_id: hashes.caps for letter_id, hashes in self.letters.items()}
        return MessageStart(self.id, caps, self.envelope.recipient if caps else None)

    @property
    def metric(self) -> str:
        """Return the name under which its attempts are counted."""
        if not self.letters:
            return "mail"
        return "digest" if self.start.is_digest else "letter"


@dataclass(frozen=True)
class DeliveryDependencies:
    """A worker's name and its dependencies."""

    database: Database
    transport: Transport
    worker_name: str
    pace: SitePace
    clock: Callable[[], datetime]
    metrics: Metrics

    @property
    def holder(self) -> Actor:
        way = self.transport
        return Actor(self.worker_name, way.name, way.live, way.reaches_recipient)


class DeliveryService:
    """Delivery service: claims batches of messages and hands them to a transport one by one."""

    def __init__(
        self,
        dependencies: DeliveryDependencies,
        message_builder: MessageBuilder,
        mailer: Mailer,
        queue_news: Callable[[Session, CampaignCache, datetime], int],
    ) -> None:
        """`queue_news`: queues the next batch of news mails, and returns how many."""
        self._database = dependencies.database
        self._transport = dependencies.transport
        self._message_builder = message_builder
        self._mailer = mailer
        self._queue_news = queue_news
        self._holder = dependencies.holder
        self._pace = dependencies.pace
        self._clock = dependencies.clock
        self._metrics = dependencies.metrics

    def deliver_mails(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver one batch of mails; return how many were claimed.

        When `stopping()` becomes true, the current message is finished and the others go back
        into the queue.
        """
        return self._deliver(self._claim(self._mails), stopping)

    def deliver_letters(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver one batch of letters, like `deliver_mails`; for when no mail is due."""
        return self._deliver(self._claim(self._letters), stopping)

    def deliver_news(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver one batch of news, like `deliver_mails`; for when nothing else is due."""
        return self._deliver(self._claim(self._news), stopping)

    def deliver_held_mails(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver one batch of held submissions' mails; for when no other message is due."""
        return self._deliver(self._claim(self._held_mails), stopping)

    def _deliver(self, items: list[ClaimedMessage], stopping: Callable[[], bool]) -> int:
        if not items:
            return 0
        waiting = list(items)
        try:
            with self._transport.connect() as connection:
                item = self._next(waiting)
                while item is not None:
                    result, usable = send_message(connection, item.envelope)
                    go_on = usable and not stopping()
                    item = self._next(waiting if go_on else [], (item, result))
        except TransportError as error:
            self._give_back(waiting, error)
            return len(items)
        self._release(waiting)
        return len(items)

    def _claim(
        self, choose: Callable[[Session, datetime], Sequence[OutgoingRow]]
    ) -> list[ClaimedMessage]:
        now = self._clock()
        with self._database.writing() as session:
            return self._composed(session, choose(session, now), now)

    def _mails(self, session: Session, now: datetime) -> Sequence[OutgoingRow]:
        return claiming.claim_mails(session, self._holder, now, BATCH_SIZE, self._pace)

    def _letters(self, session: Session, now: datetime) -> Sequence[OutgoingRow]:
        return claiming.claim_letters(session, self._holder, now, BATCH_SIZE, self._pace)

    def _news(self, session: Session, now: datetime) -> Sequence[OutgoingRow]:
        """Claim news mails; if none is due, queue the next batch first."""
        wanted = session, self._holder, now, BATCH_SIZE, self._pace
        claimed = claiming.claim_news(*wanted)
        if not claimed and self._queue_news(session, self._message_builder.campaign_cache, now):
            return claiming.claim_news(*wanted)
        return claimed

    def _held_mails(self, session: Session, now: datetime) -> Sequence[OutgoingRow]:
        return claiming.claim_held_mails(session, self._holder, now, BATCH_SIZE, self._pace)

    def _composed(
        self, session: Session, rows: Sequence[OutgoingRow], now: datetime
    ) -> list[ClaimedMessage]:
        """Build claimed messages; one that cannot be built is refused at once."""
        if not rows:
            return []
        session.flush()
        # Loaded in one query each, and referenced: the session then has them for each message.
        carried = {row.id: row for row in letters.with_ids(session, [row.id for row in rows])}
        ids = (*(row.signature_id for row in rows), *(one.signature_id for one in carried.values()))
        _held = (
            signatures.with_ids(session, filter(None, ids)),
            recipients.with_keys(session, filter(None, (row.recipient for row in rows))),
        )
        items = []
        for row in rows:
            letter = carried.get(row.id)
            try:
                items.append(self._item(session, row, letter, now))
            except NoLongerPossible:
                queue.drop_claimed(session, row, now)
            except KeyMissing:
                # The settings are wrong, not the messages: stop before any is touched.
                raise
            except DBAPIError:
                raise
            except Exception as error:  # noqa: BLE001 - one message must not stop the others
                result, ids_of = build_failure(error), [letter.id] if letter else []
                queue.finish_attempt(session, row.id, self._holder, result, now, ids_of)
        return items

    def _item(
        self, session: Session, row: OutgoingRow, letter: LetterRow | None, now: datetime
    ) -> ClaimedMessage:
        live = self._pace.live
        if letter is None:
            return ClaimedMessage(row.id, self._mailer.mail(session, row, live=live, now=now))
        envelope, hashes = self._message_builder.build_letter(
            session, row, letter, live=live, now=now
        )
        return ClaimedMessage(row.id, envelope, {letter.id: hashes})

    def _next(
        self,
        waiting: list[ClaimedMessage],
        done: tuple[ClaimedMessage, AttemptResult] | None = None,
    ) -> ClaimedMessage | None:
        """Record the result of one message and the start of the next.

        In one transaction, because each commit waits for a write to the disk. Return the next
        message, removed from `waiting`, or None if there is none.
        """
        with self._database.writing() as session:
            if done is not None:
                self._finish(session, *done)
            while waiting:
                item = waiting.pop(0)
                if queue.begin_attempt(session, item.start, self._holder, self._clock()):
                    return item
        return None

    def _finish(self, session: Session, item: ClaimedMessage, result: AttemptResult) -> None:
        self._metrics.count_attempt(item.metric, result.outcome)
        record_result(session, item, self._holder, result, self._clock())

    def _give_back(self, items: Iterable[ClaimedMessage], error: TransportError) -> None:
        """Retry later what could not be handed over because there was no connection."""
        result = result_from_error(error, Outcome.TEMPORARY)
        for item in items:
            # One transaction each: it locks its letter and then its recipient.
            with self._database.writing() as session:
                now = self._clock()
                queue.retry_unsent(session, item.id, self._holder, result, now)

    def _release(self, items: Iterable[ClaimedMessage]) -> None:
        for item in items:
            with self._database.writing() as session:
                queue.unclaim(session, item.id, self._holder, self._clock())


def send_message(connection: Connection, envelope: Envelope) -> tuple[AttemptResult, bool]:
    """Send a message; return the result and whether the connection can be used again."""
    try:
        return AttemptResult(Outcome.ACCEPTED, "", redact(connection.send(envelope))), True
    except OutcomeUnknown as error:
        return result_from_error(error, Outcome.UNKNOWN), False
    except TransportError as error:
        outcome = Outcome.PERMANENT if error.permanent else Outcome.TEMPORARY
        return result_from_error(error, outcome), error.code != "connection"
    except Exception as error:  # noqa: BLE001 - what happened is unknown, so the result says that
        log_fault("a transport failed in an unforeseen way", error)
        return AttemptResult(Outcome.UNKNOWN, "fault", type(error).__name__), False


def record_result(
    session: Session,
    message: ClaimedMessage,
    holder: Actor,
    result: AttemptResult,
    now: datetime,
    *,
    started: bool = True,
) -> None:
    """Record what came of handing a message over; `started`: there was a connection to do so."""
    hashes = message.letters
    # Lock the signatures first, as the private page does: otherwise the two could deadlock.
    ids = [one.signature_id for one in hashes.values()]
    writers = signatures.lock_in_order(session, ids) if ids else {}
    for letter in queue.finish_attempt(session, message.id, holder, result, now, hashes.keys()):
        if letter.state is LetterState.ACCEPTED:
            writer = writers[letter.signature_id]
            record_delivery(session, letter, writer, hashes[letter.id], now)
    if started and result.outcome in REFUSED_OUTCOMES:
        for letter_id, one in hashes.items():
            letter_caps.release_cap(session, one.caps, letter_id)


def record_delivery(
    session: Session,
    row: LetterRow,
    signature: SignatureRow,
    letter_hashes: LetterHashes,
    now: datetime,
) -> None:
    """Record the sentences that the recipient has had, and queue the copy that she asked for."""
    sentences.record(session, row, letter_hashes.sentences)
    wanted = signature.send_copy and signature.sealed is not None
    kind = OutgoingKind.LETTER_COPY
    if wanted and not mails.exists_for_letter(session, row, kind):
        mails.enqueue(session, signature, kind, signature.language, now, letter_id=row.id)


def build_failure(error: Exception) -> AttemptResult:
    """Return the result for a message that could not be built; faults of our own are retried."""
    if isinstance(error, NotFound | SealError | UnsafeMessage):
        return AttemptResult(Outcome.PERMANENT, BUILD_FAILED, redact(str(error)))
    log_fault("a message could not be composed", error)
    return AttemptResult(Outcome.TEMPORARY, "fault", type(error).__name__)


def result_from_error(error: TransportError, outcome: Outcome) -> AttemptResult:
    return AttemptResult(outcome, error.code, redact(error.reply))


def log_fault(what: str, error: Exception) -> None:
    """Log a fault of the program without its message, which may contain personal data."""
    log.error(what, exc_info=error)
