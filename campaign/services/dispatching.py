"""Whether the letter of a confirmed signature leaves now, and what it waits for if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.delivery import Outcome
from campaign.domain.directory import Channel
from campaign.domain.letter import LetterState, WaitingFor, Way
from campaign.store import attempts, letters, ministries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.store.rows import LetterRow, SignatureRow


def send_on(session: Session, row: SignatureRow, *, live: bool, now: datetime) -> None:
    """Queue the letter of a signature that was just confirmed, or let it wait."""
    letter = letters.lock(session, row.id)
    if letter is not None and letter.way is Way.WE_SEND:
        _send_on(session, row, letter, live=live, now=now)


def send_released(session: Session, row: SignatureRow, *, live: bool, now: datetime) -> None:
    """Queue a letter that waited for its signature's release, or let it wait for what is next."""
    letter = letters.lock(session, row.id)
    if letter is not None and letter.waiting_for is WaitingFor.RELEASE:
        _send_on(session, row, letter, live=live, now=now)


def take_up_again(
    session: Session, row: SignatureRow, taken_out: datetime, *, live: bool, now: datetime
) -> None:
    """Undo that a letter was dropped because its signature was taken out at that moment.

    One that was dropped before, or by a person's decision since, stays dropped.
    """
    letter = letters.lock(session, row.id)
    if letter is None or letter.state is not LetterState.DROPPED or letter.changed_at < taken_out:
        return
    if attempts.last_outcome(session, letter) is Outcome.DROPPED:
        return
    if letter.way is Way.WE_SEND:
        letter.first_tried_at = None  # five days begin anew: it has not been tried meanwhile
        _send_on(session, row, letter, live=live, now=now)
    else:
        letter.state, letter.changed_at = LetterState.DRAFT, now


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
