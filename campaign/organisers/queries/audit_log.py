"""The log of what people did. Appended in the transaction of the act, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from campaign.language.text import masked
from campaign.organisers.rows.audit_log import LogRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Entry


MAX_REASON = 1_000


def append(session: Session, entry: Entry, now: datetime) -> None:
    session.add(
        LogRow(
            at=now,
            who=entry.who,
            action=entry.action.value,
            about=entry.about,
            detail=masked(entry.detail),
            reason=masked(entry.reason, most=MAX_REASON),
            number=entry.number,
        )
    )


@dataclass(frozen=True)
class Wanted:
    """Which entries: each that is given narrows. `words` stand in any of the texts."""

    words: str = ""
    who: str = ""
    action: str = ""
    about: str = ""


def entries(
    session: Session, wanted: Wanted, limit: int, before: int | None = None
) -> Sequence[LogRow]:
    """Return the newest entries, or those before an id."""
    statement = select(LogRow).order_by(LogRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(LogRow.id < before)
    for column, value in (
        (LogRow.who, wanted.who),
        (LogRow.action, wanted.action),
        (LogRow.about, wanted.about),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.words:
        texts = (LogRow.who, LogRow.action, LogRow.about, LogRow.detail, LogRow.reason)
        words = wanted.words.lower()
        statement = statement.where(
            or_(*(func.lower(text).contains(words, autoescape=True) for text in texts))
        )
    return session.scalars(statement).all()


def people(session: Session) -> Sequence[str]:
    """Return everybody who did something, by name."""
    return session.scalars(select(LogRow.who).distinct().order_by(LogRow.who)).all()
