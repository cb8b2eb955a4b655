from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import BIG_ID, Base, UtcDateTime


class AuditLogRow(Base):
    """Who did what when to what, and why. The database refuses to change or delete one."""

    __tablename__ = "log_entries"
    __table_args__ = (Index("ix_log_entries_about", "about"),)

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(120), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[int | None]
