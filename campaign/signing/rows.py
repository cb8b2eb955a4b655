"""The table of how often letters were shown."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import Base


class PreviewCountRow(Base):
    """How many people saw their letter for the first time, by UTC day and source; nothing of them.

    The shards keep a busy minute's visitors from waiting for each other.
    """

    __tablename__ = "preview_counts"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    source: Mapped[str] = mapped_column(String(32), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    previews: Mapped[int]
