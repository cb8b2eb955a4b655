"""Confirm a signature: by the link in the mail, or by its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.serialization import words_digest
from campaign.delivery import queue_letter
from campaign.delivery.queries import mails
from campaign.errors import (
    NoLongerPossible,
    NotFound,
    SubmissionDiscarded,
    TokenExpired,
)
from campaign.signatures.queries import consents, counts, same_person, signatures
from campaign.signatures.rules.signature import (
    CODE_LIFETIME,
    MAX_CODE_TRIES,
    PENDING_LIFETIME,
    SignatureState,
    UnrecordedEvent,
)
from campaign.signing.queries import single_statement
from campaign.signing.request_mail import discard_pending

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from campaign.signatures.rows import SignatureRow
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens


@dataclass(frozen=True)
class ConsentText:
    """The text next to the button that was clicked, and its language."""

    words: str
    language: str


def confirm(
    database: Database,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: ConsentText,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Count a signature and queue its letter.

    The text that was shown next to the button is the consent to be counted. Confirming twice
    has no further effect. Raise NotFound if the campaign has no such signature, AlreadySigned
    if the person has confirmed another submission, TokenExpired or NoLongerPossible if it is
    too late. The transaction is its own: on PostgreSQL one statement for the plain case (ADR 0028),
    else step by step with the same effect.
    """
    wanted = keyring, campaign_id, signature_id, shown
    if database.is_postgresql:
        with database.autocommit() as connection:
            if confirm_in_single_statement(connection, *wanted, live=live, now=now):
                return
    with database.writing() as session:
        confirm_by_steps(session, *wanted, live=live, now=now)


def confirm_by_steps(
    session: Session,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: ConsentText,
    *,
    live: bool,
    now: datetime,
) -> None:
    """Do what `confirm` does, in the caller's one transaction and on every database."""
    row = signatures.lock(session, signature_id)
    if row.campaign_id != campaign_id:
        raise NotFound(str(signature_id))
    must_be_confirmable(row, now)
    if row.state is SignatureState.CONFIRMED:
        return
    counted = same_person.confirm(session, keyring, row, now)
    consents.record_consent_to_count(session, row, words_digest(shown.words), shown.language, now)
    for rival in same_person.lock_other_pending(session, keyring, row):
        discard_pending(session, rival, UnrecordedEvent.DROPPED, now)
    mails.drop_queued(session, row.id, now)
    queue_letter.queue_confirmed_letters(session, keyring, row, live=live, now=now)
    counts.adjust(session, row, counted)


def confirm_in_single_statement(
    connection: Connection,
    keyring: Keyring,
    campaign_id: int,
    signature_id: UUID,
    shown: ConsentText,
    *,
    live: bool,
    now: datetime,
) -> bool:
    """Confirm in a single SQL statement, on PostgreSQL; return False if it is not a plain case."""
    confirmation = single_statement.Confirmation(
        campaign_id, signature_id, words_digest(shown.words), shown.language
    )
    return single_statement.confirm(connection, keyring, confirmation, live=live, now=now)


def must_be_confirmable(row: SignatureRow, now: datetime) -> None:
    """Raise what keeps a signature from being confirmed; nothing if it is confirmed already.

    A held signature that was dropped is over: no other signature counts in its place.
    """
    late = row.state is SignatureState.PENDING and now - row.created_at > PENDING_LIFETIME
    if (
        late
        or row.state is SignatureState.EXPIRED
        or (row.state is SignatureState.DROPPED and row.held)
    ):
        raise TokenExpired(str(row.id))
    if row.state is SignatureState.DROPPED:
        raise SubmissionDiscarded(str(row.id))
    if row.sealed is None:
        raise NotFound(str(row.id))
    if row.state not in {SignatureState.PENDING, SignatureState.CONFIRMED}:
        raise NoLongerPossible(row.state)


def try_code(
    session: Session, tokens: Tokens, signature_id: UUID, typed: str, now: datetime
) -> bool:
    """Return whether a typed code confirms this signature; each call is one of five tries.

    The caller commits the try even when the answer is no.
    """
    tries = signatures.count_code_try(session, signature_id)
    mail = mails.newest_with_valid_code(session, signature_id, now - CODE_LIFETIME)
    return mail is not None and tries <= MAX_CODE_TRIES and tokens.code_matches(mail.id, typed)
