"""Tables of letters, which wait in their recipients' queues, and of sentences they contained."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.letters.rules.letter import LetterState, SendMethod, WaitingFor
from campaign.recipients.rows import RECIPIENT
from campaign.recipients.rules.recipient import government_of
from campaign.store.base import HASH, Base, QueuedMixin, UtcDateTime, enum_type

_QUEUED = text("state = 'queued'")
_HANDED_OVER = text("outgoing_id IS NOT NULL")
_ANSWERED = text("answered_at IS NOT NULL")


class LetterRow(QueuedMixin, Base):
    """A letter of one signature to one recipient.

    `sealed` holds its text. `outgoing_id`: the message that carries it, or carried it last.
    `answered_at`: when a person at the recipient first answered; independent of the state.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "ix_letters_queued",
            "recipient",
            "due_at",
            sqlite_where=_QUEUED,
            postgresql_where=_QUEUED,
        ),
        Index("ix_letters_due", "due_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_letters_signature_id", "signature_id"),
        Index(
            "ix_letters_outgoing_id",
            "outgoing_id",
            sqlite_where=_HANDED_OVER,
            postgresql_where=_HANDED_OVER,
        ),
        Index("ix_letters_state_recipient", "state", "recipient"),
        Index(
            "ix_letters_answered",
            "recipient",
            sqlite_where=_ANSWERED,
            postgresql_where=_ANSWERED,
        ),
        CheckConstraint(
            "(state = 'waiting') = (waiting_for IS NOT NULL)", name="waiting_says_what_for"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    recipient: Mapped[str] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    outgoing_id: Mapped[UUID | None] = mapped_column(ForeignKey("outgoing.id"))
    language: Mapped[str] = mapped_column(String(8))
    send_method: Mapped[SendMethod] = mapped_column(enum_type(SendMethod, "send_method"))
    state: Mapped[LetterState] = mapped_column(enum_type(LetterState, "state"))
    waiting_for: Mapped[WaitingFor | None] = mapped_column(enum_type(WaitingFor, "waiting_for"))
    keys: Mapped[dict[str, Any]] = mapped_column(JSON)
    edited: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None]
    letter_date: Mapped[date] = mapped_column(Date)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def government(self) -> str:
        """Return the government that its recipient is an office of."""
        return government_of(self.recipient)


class SentenceRow(Base):
    """A sentence of a delivered letter that is not the campaign's own, as a keyed hash."""

    __tablename__ = "sentences"
    __table_args__ = (Index("ix_sentences_recipient_hash", "recipient", "hash"),)

    letter_id: Mapped[UUID] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    recipient: Mapped[str] = mapped_column(RECIPIENT)


class LetterCapRow(Base):
    """The day on which one person's letter of one campaign was handed over to one recipient.

    `hash` alone says who, what and where. It outlives her signature (ADR 0033).
    """

    __tablename__ = "letter_caps"
    __table_args__ = (Index("ix_letter_caps_day", "day"),)

    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
