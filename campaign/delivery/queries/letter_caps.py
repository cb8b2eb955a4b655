"""Letter caps: who wrote to whom within 30 days, so that a recipient gets one letter per person.

A row is written in the transaction that records that a letter is about to be sent: it is there
whatever happens to worker, letter or signature afterwards. It is deleted when the letter is known
not to have been accepted, and when its period is over.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select

from campaign.delivery.queries import attempts
from campaign.letters.rows import LetterCapRow
from campaign.letters.rules.letter import LETTER_CAP_PERIOD
from campaign.store.sql import dialect_insert, insert_of_dialect

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert


def last_letter_date(session: Session, caps: tuple[bytes, ...], today: date) -> date | None:
    """Return the day on which such a letter was handed over, if it still blocks others today.

    `caps`: the keyed hashes of writer and recipient, under each version of the identity rules.
    """
    latest = select(func.max(LetterCapRow.day)).where(
        LetterCapRow.hash.in_(caps), LetterCapRow.day > today - LETTER_CAP_PERIOD
    )
    return session.scalar(latest)


def acquire(session: Session, caps: tuple[bytes, ...], letter_id: UUID, today: date) -> bool:
    """Record that this letter is handed over; return False if another one was within 30 days.

    A letter that was handed over before, and is sent once more, is the one that blocks others.
    """
    newest, *older = caps
    if older and last_letter_date(session, tuple(older), today) is not None:
        return attempts.was_handed_over(session, letter_id)
    cap = {"hash": newest, "day": today, "over": today - LETTER_CAP_PERIOD}
    taken = _taken(session.get_bind().dialect.name)
    if session.connection().execute(taken, cap).first() is not None:
        return True
    if not attempts.was_handed_over(session, letter_id):
        return False
    record(session, [newest], today)
    return True


@cache
def _taken(dialect: str) -> ReturningInsert[Any]:
    """Return the statement that takes a cap, built once: it runs for every letter."""
    statement = insert_of_dialect(dialect, LetterCapRow).values(
        hash=bindparam("hash"), day=bindparam("day")
    )
    taken = statement.on_conflict_do_update(
        index_elements=[LetterCapRow.hash],
        set_={"day": statement.excluded.day},
        where=LetterCapRow.day <= bindparam("over"),
    )
    return taken.returning(LetterCapRow.hash)


def release_cap(session: Session, caps: tuple[bytes, ...], letter_id: UUID) -> None:
    """Delete the cap of a letter that was just refused, unless it was handed over before."""
    if not attempts.was_handed_over(session, letter_id):
        session.execute(delete(LetterCapRow).where(LetterCapRow.hash == caps[0]))


def record(session: Session, caps: Collection[bytes], today: date) -> None:
    """Record letters that may have been handed over by today."""
    if not caps:
        return
    rows = [{"hash": cap, "day": today} for cap in sorted(set(caps))]
    statement = dialect_insert(session, LetterCapRow)
    latest = statement.on_conflict_do_update(
        index_elements=[LetterCapRow.hash], set_={"day": statement.excluded.day}
    )
    session.connection().execute(latest, rows)


def delete_expired(session: Session, today: date) -> None:
    """Delete caps that block no other letters any more."""
    session.execute(delete(LetterCapRow).where(LetterCapRow.day <= today - LETTER_CAP_PERIOD))
