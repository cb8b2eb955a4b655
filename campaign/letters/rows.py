"""Tables of letters, which are themselves the queue, and of sentences that ministries have had."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.store.base import HASH, Base, QueuedMixin, UtcDateTime, enum_type

_QUEUED = text("state = 'queued'")
_CLAIMED = text("state = 'claimed'")
_ANSWERED = text("answered_at IS NOT NULL")


class LetterRow(QueuedMixin, Base):
    """The letter of one signature, under the signature's id.

    `sealed` holds its text, `message` the bytes that were handed over last. `answered_at`:
    when a person at the ministry first answered; independent of the state.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "ix_letters_queued",
            "government",
            "due_at",
            sqlite_where=_QUEUED,
            postgresql_where=_QUEUED,
        ),
        Index("ix_letters_due", "due_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index(
            "ix_letters_claimed", "lease_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
        ),
        Index("ix_letters_state_government", "state", "government"),
        Index(
            "ix_letters_answered",
            "government",
            sqlite_where=_ANSWERED,
            postgresql_where=_ANSWERED,
        ),
        CheckConstraint(
            "(state = 'waiting') = (waiting_for IS NOT NULL)", name="waiting_says_what_for"
        ),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    government: Mapped[str] = mapped_column(String(2), ForeignKey("ministries.government"))
    language: Mapped[str] = mapped_column(String(8))
    way: Mapped[SendMethod] = mapped_column(enum_type(SendMethod, "way"))
    state: Mapped[LetterState] = mapped_column(enum_type(LetterState, "state"))
    waiting_for: Mapped[WaitingFor | None] = mapped_column(enum_type(WaitingFor, "waiting_for"))
    keys: Mapped[dict[str, Any]] = mapped_column(JSON)
    edited: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None]
    message: Mapped[bytes | None]
    dated: Mapped[date] = mapped_column(Date)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SentenceRow(Base):
    """A sentence of a delivered letter that is not the campaign's own, as a keyed hash."""

    __tablename__ = "sentences"
    __table_args__ = (Index("ix_sentences_government_hash", "government", "hash"),)

    letter_id: Mapped[UUID] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    government: Mapped[str] = mapped_column(String(2))


class LetterCapRow(Base):
    """The day on which one person's letter of one campaign was handed over to one recipient.

    `hash` alone says who, what and where. It outlives her signature (ADR 0033).
    """

    __tablename__ = "letter_caps"
    __table_args__ = (Index("ix_letter_caps_day", "day"),)

    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
