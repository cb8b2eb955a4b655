from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.moderation.rules import ChangeKind, ChangeState
from campaign.signatures.rules.signature import HoldReason
from campaign.store.base import HASH, Base, UtcDateTime, enum_type


class BulkChangeRow(Base):
    """Many signatures changed by one rule, and the progress.

    `domain_hash`, `domain`: the mail domain as a keyed hash, and sealed for display. `total`: how
    many matched at the start. `done`, `undone`, `skipped`: how many were changed, changed back, and
    not changed back. `last_id`: the last one that was processed.
    """

    __tablename__ = "bulk_changes"
    __table_args__ = (
        CheckConstraint(
            "held_only OR source IS NOT NULL OR created_from IS NOT NULL"
            " OR created_until IS NOT NULL OR domain_hash IS NOT NULL OR government IS NOT NULL",
            name="says_which",
        ),
        CheckConstraint("(domain_hash IS NULL) = (domain IS NULL)", name="domain_can_be_shown"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind, "kind"))
    source: Mapped[str | None] = mapped_column(String(32))
    created_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    domain_hash: Mapped[bytes | None] = mapped_column(HASH)
    domain: Mapped[bytes | None]
    government: Mapped[str | None] = mapped_column(String(2))
    held_only: Mapped[bool]
    held_for: Mapped[HoldReason | None] = mapped_column(enum_type(HoldReason, "held_for"))
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[ChangeState] = mapped_column(enum_type(ChangeState, "state"))
    total: Mapped[int]
    done: Mapped[int]
    undone: Mapped[int]
    skipped: Mapped[int]
    last_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
