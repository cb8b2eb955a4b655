from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import Base, UtcDateTime


class WorkerRow(Base):
    """A worker and when it was last seen; `stopped_at` when it ended as it was asked to.

    `failures`: its tasks that failed when it was last seen, as `TaskFailure` writes them.
    """

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    transport: Mapped[str] = mapped_column(String(24))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Workers of the commit before, which write none, go on beside new ones for a while.
    failures: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default=text("'[]'"))


class AlertStateRow(Base):
    """The one row of what the organisers were told: when, and whether it still stands still."""

    __tablename__ = "watch"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unsettled: Mapped[bool]
