"""Mails that a visitor requests: counted against the daily cap, released, suppressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.queries import mails, unsent
from campaign.delivery.queries.transitions import move
from campaign.delivery.rules.outgoing import OutgoingEvent, OutgoingKind, OutgoingState
from campaign.privacy import erase
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.queries import events, mail_caps, same_person, signatures
from campaign.signatures.rules.signature import (
    SignatureState,
    UnrecordedEvent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.privacy.ledger import Ledger
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


def resend_confirmation(
    session: Session,
    keyring: Keyring,
    signature_id: UUID,
    language: str,
    now: datetime,
    *,
    may_mail: bool = True,
) -> None:
    """Send the confirmation once more, within the daily cap, without revealing what happens.

    `may_mail`: whether her network may cause a mail in this hour. A mail that waits for a
    release keeps waiting.
    """
    row = signatures.lock(session, signature_id)
    withheld = mails.waits_for_release(session, row.id)
    identity_hashes = same_person.identity_hashes_of(keyring, row)
    if row.state is SignatureState.PENDING and identity_hashes:
        state = OutgoingState.QUEUED if may_mail and not withheld else OutgoingState.DROPPED
        request_confirmation_mail(session, row, identity_hashes, language, state, now)


def suppress_address(session: Session, ledger: Ledger, identity: bytes, now: datetime) -> None:
    """Suppress this address at a visitor's request, and drop what is pending.

    A confirmed signature stays: its owner can withdraw it on her private page. Suppressing
    twice has no further effect.
    """
    if suppress_address_unlogged(session, identity, now):
        # Before the caller commits, so before anybody can rely on it.
        ledger.append(now, LedgerAction.MAIL_STOPPED, identity.hex())


def suppress_address_unlogged(session: Session, identity: bytes, now: datetime) -> bool:
    """Do what `suppress_address` does, without the ledger entry; False if already suppressed."""
    stopped = mail_caps.suppress(session, identity, now)
    for pending in same_person.lock_pending_of(session, identity):
        discard_pending(session, pending, UnrecordedEvent.DROPPED, now)
    return stopped


def discard_pending(
    session: Session, row: SignatureRow, event: UnrecordedEvent, now: datetime
) -> None:
    """End a signature that was never confirmed; no personal data remains."""
    events.apply(session, row, event, now)
    signatures.clear_personal_data(row)
    unsent.drop_unsent(session, row.id, now)
    erase.erase_letters(session, row.id)
    mails.drop_queued(session, row.id, now)


@dataclass(frozen=True)
class RequestedMail:
    """A mail that a visitor causes.

    `state`: the mail's state if the address may receive it. Only queued mails are counted.
    """

    kind: OutgoingKind
    language: str
    state: OutgoingState = OutgoingState.QUEUED


def request_mail(
    session: Session,
    signature: SignatureRow,
    identities: tuple[bytes, ...],
    mail: RequestedMail,
    now: datetime,
) -> None:
    """Queue a mail that a visitor caused, unless the address is suppressed or has had its three.

    `signature`: the submission that she holds. Every case runs the same statements, so that the
    response time reveals nothing. A fresh link is requested by whoever holds the old one, and
    is also sent where visitors may cause no mail: without it nobody could see or delete what is
    held.
    """
    # Locked before the counter, as all code does that counts: otherwise two can deadlock.
    signatures.lock(session, signature.id)
    stopped = (
        mail_caps.is_suppressed(session, identities) and mail.kind is not OutgoingKind.FRESH_LINK
    )
    leaving = int(mail.state is OutgoingState.QUEUED)
    within_cap = mail_caps.consume(session, identities, now.date(), leaving)
    state = mail.state if within_cap and not stopped else OutgoingState.DROPPED
    mails.enqueue_for_visitor(session, signature, mail.kind, mail.language, now, state=state)


def release_mails(
    session: Session, keyring: Keyring, rows: Sequence[SignatureRow], now: datetime
) -> None:
    """Turn the mails of submissions that were just released into ordinary ones.

    Waiting mails are queued now, if the address may have another one today.
    """
    released = {row.id: row for row in rows}
    for mail in mails.lock_of_held(session, released):
        assert mail.held_signature_id is not None  # by this they were found
        if mail.state is OutgoingState.WAITING:
            identity_hashes = same_person.identity_hashes_of(
                keyring, released[mail.held_signature_id]
            )
            allowed = bool(identity_hashes) and mail_caps.consume(
                session, identity_hashes, now.date()
            )
            move(mail, OutgoingEvent.RELEASE if allowed else OutgoingEvent.DROP, now)
            mail.queued_at = mail.due_at = now
        mail.held_signature_id = None


def request_confirmation_mail(
    session: Session,
    row: SignatureRow,
    identities: tuple[bytes, ...],
    language: str,
    state: OutgoingState,
    now: datetime,
) -> None:
    """Ask for confirmation, or tell a person who has already confirmed that she has.

    The address for the second mail is decided when it is rendered (delivery/mailer): it carries
    the link to the private page.
    """
    twin = same_person.find_confirmed_by_identity(session, row.campaign_id, identities)
    kind = OutgoingKind.CONFIRMATION if twin is None else OutgoingKind.ALREADY_SIGNED
    request_mail(session, row, identities, RequestedMail(kind, language, state), now)
