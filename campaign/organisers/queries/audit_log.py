"""Queries on the audit log, which is appended to in the action's transaction and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from campaign.language.text import redact
from campaign.organisers.rows import AuditLogRow
from campaign.organisers.rules.audit_log import MAX_REASON, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import AuditAction


def append(session: Session, entry: AuditEntry, now: datetime) -> None:
    session.add(
        AuditLogRow(
            at=now,
            who=entry.who,
            action=entry.action.value,
            about=entry.about,
            detail=redact(entry.detail),
            reason=redact(entry.reason, most=MAX_REASON),
            number=entry.number,
        )
    )


@dataclass(frozen=True)
class AuditFilter:
    """Criteria for entries, which must match all that are given; `words` match in any text.

    `about_before`: what earlier versions called the same thing.
    """

    words: str = ""
    who: str = ""
    action: str = ""
    about: str = ""
    about_before: str = ""


def search(
    session: Session, wanted: AuditFilter, limit: int, before: int | None = None
) -> Sequence[AuditLogRow]:
    """Return the newest entries, or the newest ones before an id."""
    statement = select(AuditLogRow).order_by(AuditLogRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditLogRow.id < before)
    for column, value in (
        (AuditLogRow.who, wanted.who),
        (AuditLogRow.action, wanted.action),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.about:
        either = filter(None, (wanted.about, wanted.about_before))
        statement = statement.where(AuditLogRow.about.in_(tuple(either)))
    if wanted.words:
        texts = (
            AuditLogRow.who,
            AuditLogRow.action,
            AuditLogRow.about,
            AuditLogRow.detail,
            AuditLogRow.reason,
        )
        words = wanted.words.lower()
        statement = statement.where(
            or_(*(func.lower(text).contains(words, autoescape=True) for text in texts))
        )
    return session.scalars(statement).all()


def list_actors(session: Session) -> Sequence[str]:
    """Return the names of everybody who did something, sorted."""
    return session.scalars(select(AuditLogRow.who).distinct().order_by(AuditLogRow.who)).all()


def last_at(session: Session, action: AuditAction, about: str) -> datetime | None:
    """Return when something was last done to something; None if it never was."""
    done = AuditLogRow.action == action.value, AuditLogRow.about == about
    return session.scalar(select(func.max(AuditLogRow.at)).where(*done))
