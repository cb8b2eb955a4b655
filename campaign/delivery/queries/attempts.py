"""The attempt log: what happened when a message was handed over. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, select

from campaign.delivery.rows import AttemptRow
from campaign.delivery.rules.delivery import INBOUND_OUTCOMES, Outcome
from campaign.letters.rules.letter import LetterState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow

_START_OR_BACK = (Outcome.STARTED, Outcome.BOUNCED, Outcome.SOFT_BOUNCED)

# Built once: it runs twice for every message, and building it takes longer than running it.
_ATTEMPT = insert(AttemptRow)

Subject = tuple["UUID | None", "UUID | None"]
"""The message and the letter that a row is about; either may be missing."""


@dataclass(frozen=True)
class Actor:
    """Who claims or records: a worker with what its transport says about itself, or a person."""

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


@dataclass(frozen=True)
class MessageStart:
    """What is recorded when a message is about to be sent.

    `caps`: for each letter that it carries, the keyed hashes of its writer and recipient.
    `sent_to`: the recipient's address that these go to.
    """

    id: UUID
    caps: Mapping[UUID, tuple[bytes, ...]] = field(default_factory=dict)
    sent_to: str | None = None

    @property
    def is_digest(self) -> bool:
        return bool(self.caps) and self.id not in self.caps


def subjects(message_id: UUID, carried: Collection[LetterRow]) -> list[Subject]:
    """Return what an attempt is recorded for: each letter that a message carries, or the message.

    So everything known of a letter is found in the same way, whether it was sent alone or not.
    """
    return [(message_id, row.id) for row in carried] or [(message_id, None)]


def record(
    session: Session,
    about: Iterable[Subject],
    holder: Actor,
    result: AttemptResult,
    now: datetime,
) -> None:
    """Append a result to the attempt log."""
    said = {"code": result.code, "reply": result.reply}
    rows = [_values(one, holder, result.outcome, now) | said for one in about]
    session.connection().execute(_ATTEMPT, rows)


def record_start(session: Session, start: MessageStart, holder: Actor, now: datetime) -> None:
    """Append that a message is about to be sent, for each letter that it carries."""
    about: list[Subject] = [(start.id, letter_id) for letter_id in start.caps]
    rows = [
        _values(one, holder, Outcome.STARTED, now) | {"sent_to": start.sent_to}
        for one in about or [(start.id, None)]
    ]
    session.connection().execute(_ATTEMPT, rows)


def last_outcome(session: Session, letter_id: UUID) -> Outcome | None:
    """Return the outcome of a letter's last attempt, ignoring what came back about an earlier."""
    return _last_outcome(session, AttemptRow.letter_id == letter_id)


def last_outcome_of_message(session: Session, message_id: UUID) -> Outcome | None:
    """Return the outcome of a message's last attempt, ignoring what came back about an earlier."""
    return _last_outcome(session, AttemptRow.outgoing_id == message_id)


def _last_outcome(session: Session, about: ColumnElement[bool]) -> Outcome | None:
    return session.scalar(
        select(AttemptRow.outcome)
        .where(about, AttemptRow.outcome.not_in(INBOUND_OUTCOMES))
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


def unreported_starts(session: Session, message_id: UUID) -> Sequence[AttemptRow]:
    """Return a message's last starts, unless a report about them has already come in.

    One for each letter that it carries, or the only one.
    """
    newest: dict[UUID | None, AttemptRow] = {}
    for row in session.scalars(
        select(AttemptRow)
        .where(AttemptRow.outgoing_id == message_id, AttemptRow.outcome.in_(_START_OR_BACK))
        .order_by(AttemptRow.id)
    ):
        newest[row.letter_id] = row
    return [row for row in newest.values() if row.outcome is Outcome.STARTED]


def _values(about: Subject, holder: Actor, outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "outgoing_id": about[0],
        "letter_id": about[1],
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
