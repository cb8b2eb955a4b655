"""Whether the letter of a confirmed signature leaves now, and what it waits for if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.delivery.queries import attempts, queue
from campaign.delivery.queries.attempts import Holder
from campaign.delivery.rules.delivery import Outcome
from campaign.letters.queries import caps as letter_caps, letters
from campaign.letters.rules.letter import LetterState, WaitingFor, Way
from campaign.letters.sealing import hash_caps
from campaign.recipients.queries import ministries
from campaign.recipients.rules.directory import Channel
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.keyring import Keyring

_CONFIRMING = Holder("confirming", "")
"""Who stands in the log of attempts where no worker tried anything."""


def send_on(
    session: Session, keyring: Keyring, row: SignatureRow, *, live: bool, now: datetime
) -> None:
    """Queue the letter of a signature that was just confirmed, or let it wait.

    It is dropped if its recipient got another one of hers within 30 days. Where this is not
    asked, because somebody else lets a letter go on, it is when it is about to leave.
    """
    letter = letters.lock(session, row.id)
    if letter is None or letter.way is not Way.WE_SEND:
        return
    whose = signatures.identities(keyring, row), letter.campaign_id, letter.government
    caps = hash_caps(keyring, *whose, live=live)
    if letter_caps.handed_over_on(session, caps, now.date()) is None:
        _send_on(session, row, letter, live=live, now=now)
    else:
        queue.hold_back(session, letter, _CONFIRMING, now)


def send_released(
    session: Session, rows: Sequence[SignatureRow], *, live: bool, now: datetime
) -> None:
    """Queue letters that waited for their signatures' release, or let them wait for the next."""
    writers = {row.id: row for row in rows}
    for letter in letters.lock_in_order(session, writers):
        if letter.waiting_for is WaitingFor.RELEASE:
            _send_on(session, writers[letter.id], letter, live=live, now=now)


def take_up_again(
    session: Session,
    taken_out: Mapping[SignatureRow, datetime],
    *,
    live: bool,
    now: datetime,
) -> None:
    """Undo that letters were dropped because their signatures were taken out at that moment.

    One that was dropped before, or by a person's decision since, stays dropped.
    """
    writers = {row.id: row for row in taken_out}
    for letter in letters.lock_in_order(session, writers):
        row = writers[letter.id]
        if not _dropped_with_it(session, letter, taken_out[row]):
            continue
        if letter.way is Way.WE_SEND:
            letter.first_tried_at = None  # five days begin anew: it was not tried meanwhile
            _send_on(session, row, letter, live=live, now=now)
        else:
            letter.state, letter.changed_at = LetterState.DRAFT, now


def _dropped_with_it(session: Session, letter: LetterRow, taken_out: datetime) -> bool:
    if letter.state is not LetterState.DROPPED or letter.changed_at < taken_out:
        return False
    tried = letter.first_tried_at is not None
    return not tried or attempts.last_outcome(session, letter) is not Outcome.DROPPED


def _send_on(
    session: Session, row: SignatureRow, letter: LetterRow, *, live: bool, now: datetime
) -> None:
    letter.changed_at = now
    if row.held:
        letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.RELEASE
    elif live and not ministries.get(session, row.government).verified(Channel.EMAIL):
        letter.state, letter.waiting_for = LetterState.WAITING, WaitingFor.VERIFIED_ADDRESS
    else:
        letter.state, letter.waiting_for = LetterState.QUEUED, None
        letter.queued_at = letter.due_at = now
