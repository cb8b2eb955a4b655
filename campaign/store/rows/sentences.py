from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.rows.base import HASH, Base


class SentenceRow(Base):
    """A sentence of a delivered letter that is not the campaign's own, as a keyed hash."""

    __tablename__ = "sentences"
    __table_args__ = (Index("ix_sentences_government_hash", "government", "hash"),)

    letter_id: Mapped[UUID] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    government: Mapped[str] = mapped_column(String(2))
