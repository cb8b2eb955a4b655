"""Delivery of what is due: claim, started, result, each in its own short transaction.

No database connection is held while a message is handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.delivery.queries import claiming, letter_caps, mails, queue
from campaign.delivery.queries.attempts import AttemptResult, LetterStart, WorkerIdentity
from campaign.delivery.rows import MailRow
from campaign.delivery.rules.delivery import (
    BUILD_FAILED,
    REFUSED_OUTCOMES,
    Envelope,
    MailKind,
    Outcome,
)
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
from campaign.letters.queries import sentences
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.news import send
from campaign.recipients.queries import ministries
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.mailer import Mailer
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.queries.claiming import Pace
    from campaign.delivery.queries.queue import QueuedRow
    from campaign.delivery.rules.delivery import Connection, Transport
    from campaign.letters.rules.letter import LetterHashes
    from campaign.metrics import Metrics
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.database import Database

log = logs.get_logger(__name__)

BATCH_SIZE = 25
"""Messages claimed at once: few enough that a stopped worker has little to give back."""


@dataclass(frozen=True)
class ClaimedMessage:
    """A claimed message, ready to be handed over. `letter_hashes`: those of a letter."""

    kind: type[LetterRow | MailRow]
    id: UUID
    envelope: Envelope
    letter_hashes: LetterHashes | None = None

    @property
    def letter_start(self) -> LetterStart | None:
        """Return what is recorded when a letter is about to be sent; None for a mail."""
        return (
            LetterStart(self.letter_hashes.caps, self.envelope.recipient)
            if self.letter_hashes
            else None
        )


@dataclass(frozen=True)
class DeliveryDependencies:
    """A worker's name and its dependencies."""

    database: Database
    transport: Transport
    worker_name: str
    pace: Pace
    clock: Callable[[], datetime]
    metrics: Metrics

    @property
    def holder(self) -> WorkerIdentity:
        way = self.transport
        return WorkerIdentity(self.worker_name, way.name, way.live, way.reaches_recipient)


class DeliveryService:
    """Delivery service: claims batches of messages and hands them to a transport one by one."""

    def __init__(
        self, dependencies: DeliveryDependencies, message_builder: MessageBuilder, mailer: Mailer
    ) -> None:
        self._database = dependencies.database
        self._transport = dependencies.transport
        self._message_builder = message_builder
        self._mailer = mailer
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
        self, choose: Callable[[Session, datetime], Sequence[QueuedRow]]
    ) -> list[ClaimedMessage]:
        now = self._clock()
        with self._database.writing() as session:
            return self._composed(session, choose(session, now), now)

    def _mails(self, session: Session, now: datetime) -> Sequence[QueuedRow]:
        return claiming.claim_mails(session, self._holder, now, BATCH_SIZE, self._pace)

    def _letters(self, session: Session, now: datetime) -> Sequence[QueuedRow]:
        return claiming.claim_letters(session, self._holder, now, BATCH_SIZE, self._pace)

    def _news(self, session: Session, now: datetime) -> Sequence[QueuedRow]:
        """Claim news mails; if none is due, queue the next batch first."""
        wanted = session, self._holder, now, BATCH_SIZE, self._pace
        claimed = claiming.claim_news(*wanted)
        if not claimed and send.queue_next_batch(
            session, self._message_builder.campaign_cache, now
        ):
            return claiming.claim_news(*wanted)
        return claimed

    def _held_mails(self, session: Session, now: datetime) -> Sequence[QueuedRow]:
        return claiming.claim_held_mails(session, self._holder, now, BATCH_SIZE, self._pace)

    def _composed(
        self, session: Session, rows: Sequence[QueuedRow], now: datetime
    ) -> list[ClaimedMessage]:
        """Build claimed messages; one that cannot be built is refused at once."""
        if not rows:
            return []
        items = []
        # Loaded in one query each, and referenced: the session then has them for each message.
        ids = (row.id if isinstance(row, LetterRow) else row.signature_id for row in rows)
        _held = (
            signatures.with_ids(session, filter(None, ids)),
            ministries.of_governments(session, filter(None, (row.government for row in rows))),
        )
        for row in rows:
            try:
                items.append(self._item(session, row, now))
            except NoLongerPossible:
                queue.drop(row, now)
            except KeyMissing:
                # The settings are wrong, not the messages: stop before any is touched.
                raise
            except DBAPIError:
                raise
            except Exception as error:  # noqa: BLE001 - one message must not stop the others
                result = build_failure(error)
                queue.finish_attempt(session, type(row), row.id, self._holder, result, now)
        return items

    def _item(self, session: Session, row: LetterRow | MailRow, now: datetime) -> ClaimedMessage:
        live = self._pace.live
        if isinstance(row, MailRow):
            return ClaimedMessage(
                MailRow, row.id, self._mailer.mail(session, row, live=live, now=now)
            )
        envelope, letter_hashes = self._message_builder.build_letter(
            session, row, live=live, now=now
        )
        return ClaimedMessage(LetterRow, row.id, envelope, letter_hashes)

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
                now, letter = self._clock(), item.letter_start
                if queue.begin_attempt(session, item.kind, item.id, self._holder, now, letter):
                    return item
        return None

    def _finish(self, session: Session, item: ClaimedMessage, result: AttemptResult) -> None:
        now = self._clock()
        self._metrics.count_attempt("mail" if item.kind is MailRow else "letter", result.outcome)
        if item.letter_hashes is None:
            queue.finish_attempt(session, MailRow, item.id, self._holder, result, now)
            return
        # Lock her signature first, as the private page does: otherwise the two could deadlock.
        signature = signatures.lock(session, item.id)
        row = queue.finish_attempt(session, LetterRow, item.id, self._holder, result, now)
        if row.state is LetterState.ACCEPTED:
            record_delivery(session, row, signature, item.letter_hashes, now)
        if result.outcome in REFUSED_OUTCOMES:
            letter_caps.release_cap(session, item.letter_hashes.caps, item.id)

    def _give_back(self, items: Iterable[ClaimedMessage], error: TransportError) -> None:
        """Retry later what could not be handed over because there was no connection."""
        result = result_from_error(error, Outcome.TEMPORARY)
        for item in items:
            # One transaction each: it locks its letter and then its ministry.
            with self._database.writing() as session:
                now = self._clock()
                queue.retry_unsent(session, item.kind, item.id, self._holder, result, now)

    def _release(self, items: Iterable[ClaimedMessage]) -> None:
        for item in items:
            with self._database.writing() as session:
                queue.unclaim(session, item.kind, item.id, self._holder, self._clock())


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


def record_delivery(
    session: Session,
    row: LetterRow,
    signature: SignatureRow,
    letter_hashes: LetterHashes,
    now: datetime,
) -> None:
    """Record the sentences that the ministry has had, and queue the copy that she asked for."""
    sentences.record(session, row, letter_hashes.sentences)
    wanted = signature.send_copy and signature.sealed is not None
    if wanted and not mails.exists_for(session, row.id, MailKind.LETTER_COPY):
        mails.enqueue(session, signature, MailKind.LETTER_COPY, signature.language, now)


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
