"""The attempt log: what happened when a message was handed over. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, select

from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import INBOUND_OUTCOMES, Outcome
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.delivery.rows import MailRow

_START_OR_BACK = (Outcome.STARTED, Outcome.BOUNCED, Outcome.SOFT_BOUNCED)

# Built once: it runs twice for every message, and building it takes longer than running it.
_ATTEMPT = insert(AttemptRow)


@dataclass(frozen=True)
class WorkerIdentity:
    """Who claims or records: a worker's name, and what its transport says about itself."""

    name: str
    transport: str
    live: bool = False
    reaches_recipient: bool = False


@dataclass(frozen=True)
class AttemptResult:
    """The result of an attempt. Addresses in `reply` are already masked."""

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
    """Append a row to the attempt log."""
    values = _values(row.id, holder, outcome, now, is_letter=isinstance(row, LetterRow))
    values["digest_id"] = digest_id
    if result is not None:
        values |= {"code": result.code, "reply": result.reply}
    session.connection().execute(_ATTEMPT, [values])


@dataclass(frozen=True)
class LetterStart:
    """What is recorded when a letter is about to be sent.

    `caps`: the keyed hashes of its writer and recipient. `sent_to`: its ministry's address.
    `digest_id`: the digest that it is in.
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
    """Append a row saying that a message is about to be sent."""
    values = _values(row_id, holder, Outcome.STARTED, now, is_letter=is_letter)
    if letter is not None:
        values |= {"sent_to": letter.sent_to, "digest_id": letter.digest_id}
    session.connection().execute(_ATTEMPT, [values])


def last_outcome(session: Session, row: LetterRow | MailRow) -> Outcome | None:
    """Return the outcome of the last attempt, ignoring what came back about an earlier one."""
    return session.scalar(
        select(AttemptRow.outcome)
        .where(_about(row), AttemptRow.outcome.not_in(INBOUND_OUTCOMES))
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )


def was_handed_over(session: Session, letter_id: UUID) -> bool:
    """Return whether a letter was ever accepted, or may have been, whatever came back since."""
    taken = exists().where(
        AttemptRow.letter_id == letter_id,
        AttemptRow.outcome.in_((Outcome.ACCEPTED, Outcome.UNKNOWN)),
    )
    return bool(session.scalar(select(taken)))


def unreported_start(session: Session, row: LetterRow | MailRow) -> AttemptRow | None:
    """Return the last start, unless a report about it has already come in."""
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
    """Return the attempt that handed a letter over, or may have; None if none did.

    On a live site only live attempts count; in rehearsal also those that would have been live.
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
    """Return the address that an attempt went to; None if it was made before that was recorded."""
    starts = [one for one in attempts if one.outcome is Outcome.STARTED and one.id < handed_over.id]
    return starts[-1].sent_to if starts else None


def attempted_ids(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these letters were ever about to be sent: nobody can answer any other."""
    return set(
        session.scalars(
            select(AttemptRow.letter_id).where(
                AttemptRow.letter_id.in_(ids), AttemptRow.outcome == Outcome.STARTED
            )
        )
    )


def attempts_of(session: Session, letter_id: UUID) -> Sequence[AttemptRow]:
    return session.scalars(
        select(AttemptRow).where(AttemptRow.letter_id == letter_id).order_by(AttemptRow.id)
    ).all()


def was_accepted_live(session: Session, letter_id: UUID) -> bool:
    """Return whether a live transport's other side ever accepted it, whatever the site uses now."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    AttemptRow.letter_id == letter_id,
                    AttemptRow.outcome == Outcome.ACCEPTED,
                    AttemptRow.live,
                )
            )
        )
    )


def last_reply(session: Session, letter_id: UUID) -> str:
    return (
        session.scalar(
            select(AttemptRow.reply)
            .where(AttemptRow.letter_id == letter_id)
            .order_by(AttemptRow.id.desc())
            .limit(1)
        )
        or ""
    )
