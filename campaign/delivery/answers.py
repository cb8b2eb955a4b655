"""Answers to letters: filed, checked for their origin, forwarded or rejected.

From is only what a message says about itself. A domain other than the recipient's is a reason to
ask a person; the recipient's own is no proof, and it is for mail servers to check it (DMARC).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from campaign.delivery.deliver import log_fault
from campaign.delivery.links import redact_preferences_links
from campaign.delivery.message_builder import recipient_address
from campaign.delivery.queries import carried_letters, inbound, mails
from campaign.delivery.rules.answer import UNREADABLE, MessageContent, ReviewReason, is_sender_of
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.rules.outgoing import OutgoingKind, OutgoingState
from campaign.delivery.sealing import seal_answer, seal_inbound, unseal_inbound
from campaign.errors import NoLongerPossible, NotFound, SealError
from campaign.letters.queries import letters
from campaign.letters.sealing import unseal_message
from campaign.mail import incoming
from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.signatures.queries import mail_caps, same_person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import InboundRow
    from campaign.letters.rows import LetterRow
    from campaign.mail.incoming import IncomingMessage
    from campaign.recipients.rows import RecipientRow
    from campaign.signatures.rows import SignatureRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

MAX_ANSWERS = 50
"""To one letter: all are on the private page, and whoever has the letter can send any number."""

_UNDECIDED = frozenset({InboundKind.DOUBTFUL, InboundKind.NO_ANSWER})


def can_take_more_answers(session: Session, letter_id: UUID) -> bool:
    return inbound.count_answers(session, letter_id) < MAX_ANSWERS


def file_answer(
    session: Session,
    keyring: Keyring,
    row: InboundRow,
    wire: bytes,
    read: IncomingMessage,
    letter_id: UUID,
    now: datetime,
) -> ReviewReason | None:
    """File a stored message under its letter, and forward it to the supporter unless in doubt.

    If the letter was deleted, no content is stored; only a message in no doubt counts as an answer.
    """
    signature, letter = letters.lock_with_writer(session, letter_id)
    row.letter_id, row.review_reason = letter_id, review_reason(session, keyring, read, letter)
    if row.review_reason is None:
        letter.answered_at = letter.answered_at or now
    else:
        row.kind = InboundKind.DOUBTFUL
    if letter.sealed is None or signature.sealed is None:
        return row.review_reason
    if row.review_reason is None:
        _forward_to_writer(session, keyring, signature, row, now)
    # Last, because SQLite rewrites a row's megabytes with every change of the row.
    row.sealed = seal_inbound(keyring, row.id, wire)
    row.content = seal_answer(keyring, row.id, content_of(read, letter_id))
    return row.review_reason


def accept_answer(
    session: Session, keyring: Keyring, inbound_id: UUID, by: str, now: datetime
) -> None:
    """Count a message as an answer, as a person decided, and forward it to the supporter.

    Raise NotFound if its content is gone, NoLongerPossible if it already counts.
    """
    row, signature, letter = _locked(session, inbound_id, _UNDECIDED)
    mark_as_answer(session, keyring, signature, letter, row, now)
    audit_log.append(
        session, AuditEntry(by, AuditAction.ANSWER_PASSED_ON, f"letter {letter.id}"), now
    )


def mark_as_answer(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    letter: LetterRow,
    row: InboundRow,
    now: datetime,
) -> None:
    """Count a message as an answer from when it was received, and forward it to the supporter."""
    row.kind = InboundKind.ANSWER
    letter.answered_at = min(row.received_at, letter.answered_at or row.received_at)
    _forward_to_writer(session, keyring, signature, row, now)


def reject_answer(session: Session, inbound_id: UUID, by: str, now: datetime) -> None:
    """File a message as no answer, as a person decided; it stays under its letter.

    Raise NotFound if its content is gone, NoLongerPossible if it is in no doubt.
    """
    row, _, letter = _locked(session, inbound_id, {InboundKind.DOUBTFUL})
    row.kind = InboundKind.NO_ANSWER
    audit_log.append(
        session, AuditEntry(by, AuditAction.ANSWER_SET_ASIDE, f"letter {letter.id}"), now
    )


def erase_message_content(session: Session, inbound_id: UUID, by: str, now: datetime) -> None:
    """Permanently delete the content of an inbound message; raise NotFound if it has none."""
    row = inbound.find(session, inbound_id)
    if row is None or row.sealed is None:
        raise NotFound(str(inbound_id))
    row.sealed = row.content = None
    act = AuditEntry(by, AuditAction.MESSAGE_FORGOTTEN, f"message {inbound_id}")
    audit_log.append(session, act, now)


def backfill_message_content(database: Database, keyring: Keyring) -> None:
    """Store the displayed content of messages received before it was stored, each once."""
    after: UUID | None = None
    while True:
        with database.writing() as session:
            row = inbound.lock_next_without_content(session, after)
            if row is None or row.sealed is None:
                return
            after = row.id
            with suppress(SealError):
                answer = parse_content(unseal_inbound(keyring, row.id, row.sealed), row.letter_id)
                row.content = seal_answer(keyring, row.id, answer)


def review_reason(
    session: Session, keyring: Keyring, read: IncomingMessage, letter: LetterRow
) -> ReviewReason | None:
    """Return why a person has to decide whether a message answers this letter, or None."""
    if not is_sender_of(read.sender, _recipient_addresses(session, keyring, letter)):
        return ReviewReason.OTHER_DOMAIN
    return ReviewReason.SEALED if read.is_encrypted else None


def _recipient_addresses(session: Session, keyring: Keyring, letter: LetterRow) -> Iterable[str]:
    """Return the addresses a letter was sent to, and every verified one of its recipient."""
    recipient = recipients.get(session, letter.recipient)
    verified = [
        one.value
        for one in recipient.addresses
        if one.channel is Channel.EMAIL and one.status is AddressStatus.VERIFIED
    ]
    return [*verified, *_addresses_sent_to(session, keyring, letter, recipient)]


def _addresses_sent_to(
    session: Session, keyring: Keyring, letter: LetterRow, recipient: RecipientRow
) -> Iterable[str]:
    sealed = carried_letters.sealed_message(session, letter.id)
    if sealed is not None:
        with suppress(SealError):
            return incoming.parse_message(unseal_message(keyring, letter.id, sealed)).recipients
    # It was in a digest, or its message has been deleted since.
    return [recipient_address(recipient, letter.language, live=False)]


def _locked(
    session: Session, inbound_id: UUID, kinds: Iterable[InboundKind]
) -> tuple[InboundRow, SignatureRow, LetterRow]:
    """Return a message of one of these kinds with its letter; her signature is locked first.

    Raise NotFound if its content is gone, NoLongerPossible if it is of another kind.
    """
    row = inbound.find(session, inbound_id)
    if row is None or row.letter_id is None:
        raise NotFound(str(inbound_id))
    signature, letter = letters.lock_with_writer(session, row.letter_id)
    session.refresh(row, with_for_update=True)
    if row.content is None:
        raise NotFound(str(inbound_id))
    if row.kind not in kinds:
        raise NoLongerPossible(row.kind)
    return row, signature, letter


def _forward_to_writer(
    session: Session, keyring: Keyring, signature: SignatureRow, row: InboundRow, now: datetime
) -> None:
    allowed = _take_mail_allowance(session, keyring, signature, now)
    state = OutgoingState.QUEUED if allowed else OutgoingState.DROPPED
    row.mail_id = mails.enqueue(
        session, signature, OutgoingKind.ANSWER, signature.language, now, state=state
    )


def _take_mail_allowance(
    session: Session, keyring: Keyring, signature: SignatureRow, now: datetime
) -> bool:
    """Say whether she is mailed: others can cause this mail, so the day's cap holds for it."""
    identity_hashes = same_person.identity_hashes_of(keyring, signature)
    if not identity_hashes or mail_caps.is_suppressed(session, identity_hashes):
        return False
    return mail_caps.consume(session, identity_hashes, now.date())


def parse_content(wire: bytes, letter_id: UUID | None) -> MessageContent:
    """Return the displayed content of a message; `UNREADABLE` if it cannot be parsed."""
    try:
        return content_of(incoming.parse_message(wire), letter_id)
    except Exception as error:  # noqa: BLE001 - no message may keep the site from starting
        log_fault("a message could not be read", error)
        return UNREADABLE


def content_of(read: IncomingMessage, letter_id: UUID | None) -> MessageContent:
    """Return the displayed content of a message; for an answer, without the recipient's link.

    The supporter who wrote the letter reads it too, and an answer may quote that link.
    """
    subject, text = read.subject, read.text
    if letter_id is not None:
        subject, text = (redact_preferences_links(one, letter_id) for one in (subject, text))
    return MessageContent(read.sender, subject, text, read.files, read.truncated)
