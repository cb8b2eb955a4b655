"""Letters that wait for their recipient: for the end of a pause, or for a verified address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, update

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState, WaitingFor
from campaign.recipients.queries import addresses
from campaign.recipients.rows import RecipientRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def update_paused_letters(session: Session, now: datetime) -> None:
    """Make letters wait while their recipient is paused, and queue them when it no longer is."""
    paused = exists().where(
        RecipientRow.key == LetterRow.recipient, RecipientRow.paused_on.is_not(None)
    )
    session.execute(
        update(LetterRow)
        .where(LetterRow.state == LetterState.QUEUED, paused)
        .values(state=LetterState.WAITING, waiting_for=WaitingFor.PAUSE, changed_at=now)
    )
    session.execute(
        update(LetterRow)
        .where(
            LetterRow.state == LetterState.WAITING,
            LetterRow.waiting_for == WaitingFor.PAUSE,
            ~paused,
        )
        .values(
            state=LetterState.QUEUED,
            waiting_for=None,
            first_tried_at=None,
            due_at=now,
            changed_at=now,
        )
    )


def update_unverified_letters(session: Session, *, live: bool, now: datetime) -> None:
    """Make a live site's letters wait for a verified address, and queue the others."""
    checked = addresses.has_verified_email(LetterRow.recipient.expression)
    free = update(LetterRow).where(
        LetterRow.state == LetterState.WAITING,
        LetterRow.waiting_for == WaitingFor.VERIFIED_ADDRESS,
    )
    if live:
        session.execute(
            update(LetterRow)
            .where(LetterRow.state == LetterState.QUEUED, ~checked)
            .values(
                state=LetterState.WAITING, waiting_for=WaitingFor.VERIFIED_ADDRESS, changed_at=now
            )
        )
        free = free.where(checked)
    session.execute(
        free.values(
            state=LetterState.QUEUED, waiting_for=None, queued_at=now, due_at=now, changed_at=now
        )
    )
