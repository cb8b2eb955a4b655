"""Lists and counts of letters, by state and recipient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from campaign.delivery.queries.inbound import needs_review_condition
from campaign.delivery.rows import InboundRow
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


FAILED_STATES = (LetterState.BOUNCED, LetterState.REFUSED, LetterState.UNCERTAIN)


@dataclass(frozen=True)
class LetterFilter:
    """Filter for a campaign's letters; every field that is set has to match.

    `doubtful`: a message came in that a person has to decide about, whether it is an answer.
    """

    campaign_id: int
    state: LetterState | None = None
    recipient: str = ""
    answered: bool = False
    doubtful: bool = False

    def description(self) -> str:
        words = ("answered" if self.answered else "", self.state or "", "letters")
        to = f" to {self.recipient}" if self.recipient else ""
        doubt = " with a message that may be no answer" if self.doubtful else ""
        return " ".join(filter(None, words)) + to + doubt


def count(session: Session, letter_filter: LetterFilter) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(LetterRow).where(*conditions(letter_filter))
        )
        or 0
    )


def count_in_state(session: Session, state: LetterState) -> int:
    """Return how many letters of all campaigns are in a state."""
    counted = select(func.count()).select_from(LetterRow).where(LetterRow.state == state)
    return session.scalar(counted) or 0


@dataclass(frozen=True)
class FailedLetters:
    """How many of a campaign's letters failed, and when that happened last, if ever.

    `returned`: bounced or refused. `uncertain`: a person has to decide about them.
    """

    returned: int
    uncertain: int
    last_at: datetime | None


def count_failed(session: Session, campaign_id: int) -> FailedLetters:
    statement = (
        select(LetterRow.state, func.count(), func.max(LetterRow.changed_at))
        .where(LetterRow.campaign_id == campaign_id, LetterRow.state.in_(FAILED_STATES))
        .group_by(LetterRow.state)
    )
    found = {state: (number, last) for state, number, last in session.execute(statement)}
    uncertain = found.get(LetterState.UNCERTAIN, (0, None))[0]
    return FailedLetters(
        sum(number for number, _ in found.values()) - uncertain,
        uncertain,
        max((last for _, last in found.values()), default=None),
    )


def oldest_ids(session: Session, letter_filter: LetterFilter, limit: int) -> Sequence[UUID]:
    """Return the ids of the letters that match, oldest first."""
    wanted = select(LetterRow.id).where(*conditions(letter_filter)).order_by(LetterRow.id)
    return session.scalars(wanted.limit(limit)).all()


def newest(
    session: Session, letter_filter: LetterFilter, limit: int, before: UUID | None = None
) -> Sequence[LetterRow]:
    """Return the letters that match, newest first; with `before`, only those older than that id."""
    statement = (
        select(LetterRow)
        .where(*conditions(letter_filter))
        .order_by(LetterRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(LetterRow.id < before)
    return session.scalars(statement).all()


def count_by_state(session: Session, campaign_id: int) -> dict[tuple[str, LetterState], int]:
    """Return how many of a campaign's letters to each recipient are in each state.

    Drafts do not count as letters yet.
    """
    statement = (
        select(LetterRow.recipient, LetterRow.state, func.count())
        .where(LetterRow.campaign_id == campaign_id, LetterRow.state != LetterState.DRAFT)
        .group_by(LetterRow.recipient, LetterRow.state)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(statement)}


def count_answered(session: Session, campaign_id: int) -> dict[str, int]:
    """Return how many of a campaign's letters to each recipient were answered."""
    statement = (
        select(LetterRow.recipient, func.count())
        .where(LetterRow.campaign_id == campaign_id, LetterRow.answered_at.is_not(None))
        .group_by(LetterRow.recipient)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def conditions(letter_filter: LetterFilter) -> list[ColumnElement[bool]]:
    """Return what a query for these letters asks for."""
    found = [LetterRow.campaign_id == letter_filter.campaign_id]
    if letter_filter.state is None:
        # A draft does not count as a letter yet: its signature was never confirmed.
        found.append(LetterRow.state != LetterState.DRAFT)
    else:
        found.append(LetterRow.state == letter_filter.state)
    if letter_filter.answered:
        found.append(LetterRow.answered_at.is_not(None))
    if letter_filter.doubtful:
        found.append(LetterRow.id.in_(select(InboundRow.letter_id).where(needs_review_condition())))
    if letter_filter.recipient:
        found.append(LetterRow.recipient == letter_filter.recipient)
    return found
