"""Queries that count a campaign's personal data and fetch it in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from campaign.delivery.rows import InboundRow
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import UNSENT_STATES
from campaign.signatures.rows import SignatureRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class PersonalDataCounts:
    """How much is held: signatures with a name, letters with a text, letters not sent yet."""

    signatures: int
    letters: int
    unsent: int
    answers: int


def count_personal_data(session: Session, campaign_id: int) -> PersonalDataCounts:
    of_campaign = LetterRow.campaign_id == campaign_id
    with_held = SignatureRow.campaign_id == campaign_id, SignatureRow.held_letter.is_not(None)
    lying = _count(session, *with_held)
    answers = (
        select(func.count())
        .select_from(InboundRow)
        .outerjoin(LetterRow, LetterRow.id == InboundRow.letter_id)
        .where(
            or_(of_campaign, InboundRow.campaign_id == campaign_id),
            InboundRow.sealed.is_not(None),
        )
    )
    return PersonalDataCounts(
        _count(session, *_sealed(campaign_id)),
        _count(session, of_campaign, LetterRow.sealed.is_not(None)) + lying,
        _count(
            session, of_campaign, LetterRow.state.in_(UNSENT_STATES), LetterRow.sealed.is_not(None)
        )
        + lying,
        session.scalar(answers) or 0,
    )


def has_personal_data(session: Session, campaign_id: int, after: UUID | None) -> bool:
    """Return whether personal data is left in signatures or in messages filed by hand."""
    signatures = exists().where(*_sealed(campaign_id, after))
    messages = exists().where(InboundRow.campaign_id == campaign_id, InboundRow.sealed.is_not(None))
    return bool(session.scalar(select(or_(signatures, messages))))


def next_sealed(
    session: Session, campaign_id: int, after: UUID | None, limit: int
) -> Sequence[SignatureRow]:
    """Return signatures with personal data, locked, in order of id."""
    return session.scalars(
        select(SignatureRow)
        .where(*_sealed(campaign_id, after))
        .order_by(SignatureRow.id)
        .limit(limit)
        .with_for_update()
    ).all()


def _sealed(campaign_id: int, after: UUID | None = None) -> list[ColumnElement[bool]]:
    found = [SignatureRow.campaign_id == campaign_id, SignatureRow.sealed.is_not(None)]
    if after is not None:
        found.append(SignatureRow.id > after)
    return found


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0
