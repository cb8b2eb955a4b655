"""Counts of the data held about people, without opening sealed values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select

from campaign.delivery.rows import InboundRow, OutgoingRow
from campaign.letters.rows import LetterRow
from campaign.organisers.rows import OrganiserRow
from campaign.recipients.rows import ContactReportRow
from campaign.signatures.rows import EventRow, SignatureRow, SuppressedAddressRow
from campaign.signatures.rules.signature import EventKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def count_held_by_government(session: Session) -> dict[str, int]:
    """Return how many signatures have personal data, by government."""
    held = (
        select(SignatureRow.government, func.count())
        .where(SignatureRow.sealed.is_not(None))
        .group_by(SignatureRow.government)
    )
    return {row[0]: row[1] for row in session.execute(held)}


def count_erased_by_government(session: Session, since: datetime) -> dict[str, int]:
    """Return how many signatures were erased since then, by government."""
    erased = (
        select(SignatureRow.government, func.count(SignatureRow.id.distinct()))
        .join(EventRow, EventRow.signature_id == SignatureRow.id)
        .where(_erased(since))
        .group_by(SignatureRow.government)
    )
    return {row[0]: row[1] for row in session.execute(erased)}


def count_letters(session: Session, since: datetime) -> int:
    """Return how many letters have a text, or had one since then, also with held signatures.

    An erased signature that was held is counted: whether it had a letter is no longer known.
    """
    gone = select(EventRow.signature_id).where(_erased(since))
    row = exists().where(LetterRow.signature_id == SignatureRow.id)
    held_and_gone = and_(SignatureRow.held, SignatureRow.id.in_(gone), ~row)
    lying = _count(
        session, SignatureRow.id, or_(SignatureRow.held_letter.is_not(None), held_and_gone)
    )
    rows = _count(
        session, LetterRow.id, or_(LetterRow.sealed.is_not(None), LetterRow.signature_id.in_(gone))
    )
    return rows + lying


def count_sent_messages(session: Session) -> int:
    return _count(session, OutgoingRow.id, OutgoingRow.message.is_not(None))


def count_inbound_messages(session: Session) -> int:
    return _count(session, InboundRow.id, InboundRow.sealed.is_not(None))


def count_contact_reports(session: Session) -> int:
    return _count(session, ContactReportRow.id, ContactReportRow.sealed.is_not(None))


def count_suppressed_addresses(session: Session) -> int:
    return _count(session, SuppressedAddressRow.identity_hash)


def count_organisers(session: Session) -> int:
    return _count(session, OrganiserRow.id)


def _erased(since: datetime) -> ColumnElement[bool]:
    return (EventRow.kind == EventKind.ERASED) & (EventRow.at >= since)


def _count(session: Session, what: Any, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(what)).where(*conditions)) or 0
