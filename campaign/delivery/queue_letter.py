"""Queueing of a confirmed signature's letters: whether each is sent now, or what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.queries import attempts, carried_letters, letter_caps
from campaign.delivery.queries.attempts import Actor
from campaign.delivery.rules.delivery import Outcome
from campaign.delivery.rules.outgoing import OutgoingEvent
from campaign.letters.queries import letters
from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.letters.sealing import hash_caps
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.queries import same_person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring

_CONFIRMING = Actor("confirming", "")
"""The worker's name in the attempt log where no worker tried anything."""


def queue_confirmed_letters(
    session: Session, keyring: Keyring, row: SignatureRow, *, live: bool, now: datetime
) -> None:
    """Queue the letters of a signature that was just confirmed, or make them wait.

    One is dropped if its recipient got another one of hers within 30 days. Where this is not
    checked, because somebody else releases a letter, it is checked when it is about to be sent.
    """
    for letter in letters.lock_of_signatures(session, [row.id]):
        if letter.send_method is not SendMethod.WE_SEND:
            continue
        whose = same_person.identity_hashes_of(keyring, row), letter.campaign_id, letter.recipient
        caps = hash_caps(keyring, *whose, live=live)
        if letter_caps.last_letter_date(session, caps, now.date()) is None:
            _queue_or_wait(session, row, letter, live=live, now=now)
        else:
            carried_letters.drop_over_limit(session, letter, _CONFIRMING, now)


def queue_released_letters(
    session: Session, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> None:
    """Queue letters that waited for their signatures' release, unless they have to wait further."""
    writers = {row.id: row for row in rows}
    for letter in letters.lock_of_signatures(session, writers):
        if letter.waiting_for is WaitingFor.RELEASE:
            _queue_or_wait(session, writers[letter.signature_id], letter, live=live, now=now)


def restore_dropped_letters(
    session: Session,
    taken_out: Mapping[SignatureRow, datetime],
    *,
    live: bool,
    now: datetime,
) -> None:
    """Restore letters that were dropped because their signatures were taken out at that moment.

    One that was dropped before, or by a person's decision since, stays dropped.
    """
    writers = {row.id: row for row in taken_out}
    for letter in letters.lock_of_signatures(session, writers):
        row = writers[letter.signature_id]
        if not _dropped_with_it(session, letter, taken_out[row]):
            continue
        if letter.send_method is SendMethod.WE_SEND:
            letter.first_tried_at = None  # five days again: it was not tried meanwhile
            carried_letters.move_own_message(session, letter, OutgoingEvent.RETRY, now)
            _queue_or_wait(session, row, letter, live=live, now=now)
        else:
            letter.state, letter.changed_at = LetterState.DRAFT, now


def _dropped_with_it(session: Session, letter: LetterRow, taken_out: datetime) -> bool:
    if letter.state is not LetterState.DROPPED or letter.changed_at < taken_out:
        return False
    tried = letter.first_tried_at is not None
    return not tried or attempts.last_outcome(session, letter.id) is not Outcome.DROPPED


def _queue_or_wait(
    session: Session, row: SignatureRow, letter: LetterRow, *, live: bool, now: datetime
) -> None:
    letter.changed_at = now
    if row.held:
        letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.RELEASE
    elif live and not recipients.get(session, letter.recipient).has_verified(Channel.EMAIL):
        letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.VERIFIED_ADDRESS
    else:
        letter.state, letter.waiting_for = LetterState.QUEUED, None
        letter.queued_at = letter.due_at = now
