"""Letters on paper: which can be printed, and which were posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.letters.queries.letters import lock
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import UNSENT_STATES, LetterState, SendMethod
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import SignatureState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


PRINTABLE = (
    LetterState.WAITING,
    LetterState.QUEUED,
    LetterState.ACCEPTED,
    LetterState.BOUNCED,
    LetterState.REFUSED,
)
"""States of letters that organisers can print."""


def count_printable(
    session: Session, campaign_id: int, recipient: str, states: Collection[LetterState]
) -> int:
    """Return how many letters `iter_printable` would yield without a limit."""
    printable = _printable(campaign_id, recipient, states).subquery()
    return session.scalar(select(func.count()).select_from(printable)) or 0


def iter_printable(
    session: Session, campaign_id: int, recipient: str, states: Collection[LetterState], most: int
) -> Iterator[LetterRow]:
    """Yield letters that supporters asked the site to send, oldest first."""
    statement = (
        _printable(campaign_id, recipient, states)
        .add_columns(SignatureRow)
        .order_by(LetterRow.id)
        .limit(most)
        .execution_options(yield_per=50)
    )
    # Holding the signature keeps it in the session, so that printing the letter needs no query.
    for row, _signature in session.execute(statement):
        yield row


def _printable(
    campaign_id: int, recipient: str, states: Collection[LetterState]
) -> Select[LetterRow]:
    return (
        select(LetterRow)
        .join(SignatureRow, SignatureRow.id == LetterRow.signature_id)
        .where(
            LetterRow.campaign_id == campaign_id,
            LetterRow.recipient == recipient,
            LetterRow.send_method == SendMethod.WE_SEND,
            LetterRow.state.in_(states),
            LetterRow.sealed.is_not(None),
            SignatureRow.state == SignatureState.CONFIRMED,
            SignatureRow.send_letter,
            ~SignatureRow.held,
        )
    )


def mark_posted(
    session: Session, printed: Mapping[UUID, datetime], now: datetime
) -> list[LetterRow]:
    """Mark printed letters as posted, unless they have been sent or changed since; return them.

    `printed`: when each had last changed at the time of printing.
    """
    marked = []
    for letter_id, changed_at in sorted(printed.items()):
        row = lock(session, letter_id)
        if row is not None and row.state in UNSENT_STATES and row.changed_at == changed_at:
            row.state, row.waiting_for, row.changed_at = LetterState.PRINTED, None, now
            marked.append(row)
    return marked
