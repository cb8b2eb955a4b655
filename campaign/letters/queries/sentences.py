"""Sentences that a recipient has already had, as keyed hashes; deleted with their letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from campaign.letters.rows import SentenceRow
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rows import LetterRow


def record(session: Session, letter: LetterRow, hashes: Collection[bytes]) -> None:
    """Store a delivered letter's own sentences, unless the letter has been erased since."""
    if not hashes or letter.sealed is None:
        return
    rows = [
        {"letter_id": letter.id, "hash": one, "recipient": letter.recipient}
        for one in sorted(set(hashes))
    ]
    # As parameters, not as values: the statement is compiled once for any number.
    session.connection().execute(
        dialect_insert(session, SentenceRow).on_conflict_do_nothing(), rows
    )


def find_known(session: Session, recipient: str, hashes: Collection[bytes]) -> set[bytes]:
    """Return which of these sentences that recipient has already had."""
    if not hashes:
        return set()
    statement = (
        select(SentenceRow.hash)
        .where(SentenceRow.recipient == recipient, SentenceRow.hash.in_(set(hashes)))
        .distinct()
    )
    return set(session.scalars(statement))


def delete_of_letter(session: Session, letter_id: UUID) -> None:
    session.execute(delete(SentenceRow).where(SentenceRow.letter_id == letter_id))
