"""Letters and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from campaign.domain.letter import UNCLAIMED, LetterState, Way
from campaign.store import sentences
from campaign.store.rows import AttemptRow, LetterRow, SignatureRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.domain.letter import WrittenLetter
    from campaign.store.vault import Vault

_STUCK = (LetterState.WAITING, LetterState.UNCERTAIN, LetterState.REFUSED)


def add_draft(
    session: Session, vault: Vault, signature: SignatureRow, written: WrittenLetter, now: datetime
) -> None:
    session.add(
        LetterRow(
            id=signature.id,
            campaign_id=signature.campaign_id,
            government=signature.government,
            language=written.language,
            way=Way.WE_SEND,
            state=LetterState.DRAFT,
            keys=written.keys.as_json(),
            edited=written.edited,
            sealed=vault.seal_letter(signature.id, written.text, written.paragraph),
            dated=now.date(),
            changed_at=now,
        )
    )


def find(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.get(LetterRow, signature_id)


def lock(session: Session, signature_id: UUID) -> LetterRow | None:
    return session.scalar(
        select(LetterRow)
        .where(LetterRow.id == signature_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def drop_unclaimed(session: Session, signature_id: UUID, now: datetime) -> None:
    """Drop the letter if nothing of it has left yet."""
    row = lock(session, signature_id)
    if row is not None and row.state in UNCLAIMED:
        row.state = LetterState.DROPPED
        row.waiting_for = None
        row.changed_at = now


def clear_personal(session: Session, signature_id: UUID) -> None:
    row = lock(session, signature_id)
    if row is not None:
        row.sealed = None
        sentences.forget(session, signature_id)


def attempts_of(session: Session, letter_id: UUID) -> Sequence[AttemptRow]:
    return session.scalars(
        select(AttemptRow).where(AttemptRow.letter_id == letter_id).order_by(AttemptRow.id)
    ).all()


def kept_back(session: Session) -> Sequence[LetterRow]:
    """Return letters that did not leave: waiting, uncertain, ended, or failed for now.

    A letter that was never confirmed is not among them: nobody asked for it to leave.
    """
    failed_for_now = and_(LetterRow.state == LetterState.QUEUED, LetterRow.failures > 0)
    dropped_later = and_(LetterRow.state == LetterState.DROPPED, LetterRow.queued_at.is_not(None))
    return session.scalars(
        select(LetterRow)
        .where(or_(LetterRow.state.in_(_STUCK), failed_for_now, dropped_later))
        .order_by(LetterRow.changed_at.desc())
        .limit(200)
    ).all()


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
