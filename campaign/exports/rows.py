from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.exports.rules import ExportKind, JobState
from campaign.recipients.rules.recipient import recipient_key
from campaign.store.base import Base, UtcDateTime, enum_type


class ExportJobRow(Base):
    """A large export that somebody requested and the worker builds.

    `parameters`: its filter, and nothing personal. `done` of `total` rows. `file`: its name in the
    instance's folder `exports`, chosen when building begins. `printed`: the letters in it, and when
    each had changed last. `fault`: why it failed, in our own words.
    """

    __tablename__ = "export_jobs"
    __table_args__ = (
        CheckConstraint("(state = 'building') = (lease_until IS NOT NULL)", name="building_leased"),
        CheckConstraint("state <> 'ready' OR sha256 <> ''", name="ready_has_a_file"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    what: Mapped[ExportKind] = mapped_column(enum_type(ExportKind, "what"))
    format: Mapped[str] = mapped_column(String(8))
    government: Mapped[str] = mapped_column(String(2), default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[JobState] = mapped_column(enum_type(JobState, "state"))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    printed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    file: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    fault: Mapped[str] = mapped_column(String(200), default="")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_holder: Mapped[str | None] = mapped_column(String(64))

    @property
    def recipient(self) -> str:
        """Return whose letters are in it; jobs of earlier versions name only a government."""
        named: str = self.parameters.get("recipient") or recipient_key(self.government)
        return named
