"""Letters, and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, literal, or_, select

from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.letters.sealing import seal_letter
from campaign.signatures.rows.signatures import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.letters.rules.letter import LetterDraft
    from campaign.store.keyring import Keyring

_STUCK = (
    LetterState.WAITING,
    LetterState.UNCERTAIN,
    LetterState.REFUSED,
    LetterState.BOUNCED,
)


def add_draft(
    session: Session,
    keyring: Keyring,
    signature: SignatureRow,
    written: LetterDraft,
    now: datetime,
) -> None:
    """Store a letter, unless its held signature stores it: by the same statement either way."""
    columns = LetterRow.__table__.columns
    values = {
        "id": signature.id,
        "campaign_id": signature.campaign_id,
        "government": signature.government,
        "language": written.language,
        "way": written.way,
        "state": LetterState.DRAFT,
        "keys": written.keys.to_json(),
        "edited": written.edited,
        "sealed": seal_letter(keyring, signature.id, written.text, written.paragraph),
        "dated": now.date(),
        "changed_at": now,
    }
    named = [literal(value, columns[name].type).label(name) for name, value in values.items()]
    free = select(*named).where(SignatureRow.id == signature.id, ~SignatureRow.held)
    session.execute(insert(LetterRow).from_select(list(values), free))


def find(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.get(LetterRow, signature_id)


def lock(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.scalar(
        select(LetterRow)
        .where(LetterRow.id == signature_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_in_order(session: Session, ids: Collection[UUID]) -> Sequence[LetterRow]:
    """Return letters by their ids, ordered by id, locked until the transaction ends."""
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.id.in_(ids))
        .order_by(LetterRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def count_queued_before(session: Session, row: LetterRow) -> int:
    """Return how many letters to the same ministry are sent before this one."""
    earlier = or_(
        LetterRow.due_at < row.due_at, and_(LetterRow.due_at == row.due_at, LetterRow.id < row.id)
    )
    statement = select(func.count()).where(
        LetterRow.government == row.government, LetterRow.state == LetterState.QUEUED, earlier
    )
    return session.scalar(statement) or 0


def count_queued_by_government(session: Session) -> dict[str, int]:
    statement = (
        select(LetterRow.government, func.count())
        .where(LetterRow.state == LetterState.QUEUED)
        .group_by(LetterRow.government)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def uncertain_letters(session: Session) -> Sequence[LetterRow]:
    """Return letters that a person has to release or drop, oldest first."""
    return session.scalars(
        select(LetterRow)
        .where(LetterRow.state == LetterState.UNCERTAIN)
        .order_by(LetterRow.changed_at, LetterRow.id)
    ).all()


def undelivered(session: Session) -> Sequence[LetterRow]:
    """Return letters that were not delivered: waiting, uncertain, ended, or failed for now.

    A letter that was never confirmed is not included: nobody asked for it to be sent.
    """
    failed_for_now = and_(LetterRow.state == LetterState.QUEUED, LetterRow.failures > 0)
    dropped_later = and_(LetterRow.state == LetterState.DROPPED, LetterRow.queued_at.is_not(None))
    return session.scalars(
        select(LetterRow)
        .where(or_(LetterRow.state.in_(_STUCK), failed_for_now, dropped_later))
        .order_by(LetterRow.changed_at.desc())
        .limit(200)
    ).all()
