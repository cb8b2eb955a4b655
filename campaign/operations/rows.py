from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import Base, UtcDateTime


class WorkerRow(Base):
    """A worker and its last heartbeat; `stopped_at`: when it was stopped on request.

    `failures`: its tasks that were failing at the last heartbeat, serialised by `TaskFailure`.
    """

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    transport: Mapped[str] = mapped_column(String(24))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Workers of the previous version, which write none, run alongside new ones for a while.
    failures: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default=text("'[]'"))


class AlertStateRow(Base):
    """The only row: when the organisers were alerted, and whether that is still open."""

    __tablename__ = "watch"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unsettled: Mapped[bool]


class SenderCheckRow(Base):
    """What the last check of a sending domain's DNS found: level, subject and message of each."""

    __tablename__ = "sender_checks"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    findings: Mapped[list[list[str]]] = mapped_column(JSON)
