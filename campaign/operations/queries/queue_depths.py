"""How much waits to leave, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.delivery.rows.queue import MailRow
from campaign.delivery.rules.delivery import MailState
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def queued_letters_by_government(session: Session) -> list[tuple[str, int, datetime]]:
    """Return (government, queued letters, when the first of them is due)."""
    statement = (
        select(LetterRow.government, func.count(), func.min(LetterRow.due_at))
        .where(LetterRow.state == LetterState.QUEUED)
        .group_by(LetterRow.government)
        .order_by(LetterRow.government)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement) if row[2] is not None]


def count_queued_mails(session: Session, *, held: bool) -> int:
    """Return how many mails are queued: those of held submissions, or all others."""
    which = MailRow.held_with.is_not(None) if held else MailRow.held_with.is_(None)
    statement = select(func.count()).where(MailRow.state == MailState.QUEUED, which)
    return session.scalar(statement) or 0
