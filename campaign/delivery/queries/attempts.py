"""The log of attempts: what happened when a message was handed over. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, select

from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import INBOUND_OUTCOMES, Outcome
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.delivery.rows import MailRow

_START_OR_BACK = (Outcome.STARTED, Outcome.BOUNCED, Outcome.RETURNED)

# Made once: it runs twice for every message, and making one takes longer than running it.
_ATTEMPT = insert(AttemptRow)


@dataclass(frozen=True)
class WorkerIdentity:
    """Who claims: the worker's name, and what its transport says of itself; or who notes a row."""

    name: str
    transport: str
    live: bool = False
    reaches_recipient: bool = False


@dataclass(frozen=True)
class AttemptResult:
    """What came of an attempt. `reply` has its addresses masked already."""

    outcome: Outcome
    code: str = ""
    reply: str = ""


def record(
    session: Session,
    row: LetterRow | MailRow,
    holder: WorkerIdentity,
    outcome: Outcome,
    now: datetime,
    result: AttemptResult | None = None,
    digest_id: UUID | None = None,
) -> None:
    """Append to the log of attempts."""
    values = _values(row.id, holder, outcome, now, is_letter=isinstance(row, LetterRow))
    values["digest_id"] = digest_id
    if result is not None:
        values |= {"code": result.code, "reply": result.reply}
    session.connection().execute(_ATTEMPT, [values])


@dataclass(frozen=True)
class LetterStart:
    """What is kept when a letter is about to leave.

    `caps`: the keyed hashes of who writes to whom. `sent_to`: its ministry's address. `digest_id`:
    the mail that it leaves in together with others.
    """

    caps: tuple[bytes, ...]
    sent_to: str
    digest_id: UUID | None = None


def record_start(
    session: Session,
    row_id: UUID,
    holder: WorkerIdentity,
    now: datetime,
    letter: LetterStart | None = None,
    *,
    is_letter: bool,
) -> None:
    """Append that a message is about to leave."""
    values = _values(row_id, holder, Outcome.STARTED, now, is_letter=is_letter)
    if letter is not None:
        values |= {"sent_to": letter.sent_to, "digest_id": letter.digest_id}
    session.connection().execute(_ATTEMPT, [values])


def last_outcome(session: Session, row: LetterRow | MailRow) -> Outcome | None:
    """Return how the last try stands, whatever came back about an earlier one meanwhile."""
    return session.scalar(
        select(AttemptRow.outcome)
        .where(_about(row), AttemptRow.outcome.not_in(INBOUND_OUTCOMES))
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )


def was_handed_over(session: Session, letter_id: UUID) -> bool:
    """Say whether a letter was taken over once, or may have been, whatever came back since."""
    taken = exists().where(
        AttemptRow.letter_id == letter_id,
        AttemptRow.outcome.in_((Outcome.ACCEPTED, Outcome.UNKNOWN)),
    )
    return bool(session.scalar(select(taken)))


def unreported_start(session: Session, row: LetterRow | MailRow) -> AttemptRow | None:
    """Return the last start, unless a report about it came in already."""
    last = session.scalar(
        select(AttemptRow)
        .where(_about(row), AttemptRow.outcome.in_(_START_OR_BACK))
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )
    return last if last is not None and last.outcome is Outcome.STARTED else None


def _about(row: LetterRow | MailRow) -> ColumnElement[bool]:
    column = AttemptRow.letter_id if isinstance(row, LetterRow) else AttemptRow.mail_id
    return column == row.id


def _values(
    row_id: UUID, holder: WorkerIdentity, outcome: Outcome, now: datetime, *, is_letter: bool
) -> dict[str, Any]:
    return {
        "letter_id": row_id if is_letter else None,
        "mail_id": None if is_letter else row_id,
        "outcome": outcome,
        "transport": holder.transport,
        "live": holder.live,
        "reaches_recipient": holder.reaches_recipient,
        "worker": holder.name,
        "at": now,
    }


_NOT_THERE = frozenset({LetterState.BOUNCED, LetterState.REFUSED})


def find_handover(
    letter: LetterRow, attempts: Sequence[AttemptRow], *, live: bool
) -> AttemptRow | None:
    """Return the attempt with which a letter reached its ministry, or may have; None if none did.

    On a live site only what left the house counts; in rehearsal, what would have left.
    """
    if letter.state in _NOT_THERE:
        return None
    ours = [one for one in attempts if one.live or not live]
    for outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        found = [one for one in ours if one.outcome is outcome]
        if found:
            return found[-1]
    return None


def handover_address(attempts: Sequence[AttemptRow], handed_over: AttemptRow) -> str | None:
    """Return the address that an attempt went to; None where it left before that was noted."""
    starts = [one for one in attempts if one.outcome is Outcome.STARTED and one.id < handed_over.id]
    return starts[-1].sent_to if starts else None
