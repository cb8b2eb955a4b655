from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.news.rules import NewsState
from campaign.store.base import Base, UtcDateTime, enum_type

_SENDING = text("state = 'sending'")


class NewsRow(Base):
    """A news mail as organisers wrote it, and its progress.

    `texts`: {language: {subject, text}}. `total`: how many people were to get it at `started_at`.
    `queued`: how many of them a mail was queued for, the last one for the signature `last_id`.
    """

    __tablename__ = "news"
    __table_args__ = (
        Index("ix_news_sending", "started_at", sqlite_where=_SENDING, postgresql_where=_SENDING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[NewsState] = mapped_column(enum_type(NewsState, "state"))
    total: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[UUID | None]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
