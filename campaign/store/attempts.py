"""The log of attempts: what happened when a message was handed over. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from campaign.domain.delivery import Outcome
from campaign.store.rows import AttemptRow, LetterRow, MailRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Made once: it runs twice for every message, and making one takes longer than running it.
_ATTEMPT = insert(AttemptRow)


@dataclass(frozen=True)
class Holder:
    """Who claims: the worker's name and the transport that it hands messages to."""

    worker: str
    transport: str


@dataclass(frozen=True)
class Result:
    """What came of an attempt. `reply` has its addresses masked already."""

    outcome: Outcome
    code: str = ""
    reply: str = ""


def note(
    session: Session,
    row: LetterRow | MailRow,
    holder: Holder,
    outcome: Outcome,
    now: datetime,
    result: Result | None = None,
    digest_id: UUID | None = None,
) -> None:
    """Append to the log of attempts."""
    values = _values(row.id, holder, outcome, now, is_letter=isinstance(row, LetterRow))
    values["digest_id"] = digest_id
    if result is not None:
        values |= {"code": result.code, "reply": result.reply}
    session.connection().execute(_ATTEMPT, [values])


def note_started(
    session: Session, row_id: UUID, holder: Holder, now: datetime, *, is_letter: bool
) -> None:
    """Append that a message is about to leave."""
    values = _values(row_id, holder, Outcome.STARTED, now, is_letter=is_letter)
    session.connection().execute(_ATTEMPT, [values])


def _values(
    row_id: UUID, holder: Holder, outcome: Outcome, now: datetime, *, is_letter: bool
) -> dict[str, Any]:
    return {
        "letter_id": row_id if is_letter else None,
        "mail_id": None if is_letter else row_id,
        "outcome": outcome,
        "transport": holder.transport,
        "worker": holder.worker,
        "at": now,
    }
