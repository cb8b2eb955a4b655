from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.campaigns.rules.wording import WordingChange
from campaign.store.base import Base, UtcDateTime, enum_type


class RevisionOrigin(StrEnum):
    """How a revision came in. A start-up never publishes over one that was published by command."""

    STARTUP = "startup"
    COMMAND = "command"


class CampaignRow(Base):
    """A campaign: its facts may change, its revisions never do.

    `uid`: what tokens are bound to; it never changes, while the slug may. Of a campaign that is
    older than these ids it is the slug that it had.
    `attacked_since`: while it is set, every new signature is held. `retention_told_on`: when
    organisers were told that its personal data will be erased. `trial_kept_at`: somebody decided
    that signatures made until then, while the site was not live, keep counting.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[str] = mapped_column(Text)
    attacked_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retention_told_on: Mapped[date | None] = mapped_column(Date)
    trial_kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RevisionRow(Base):
    """What signatures endorse, in canonical form, with its SHA-256.

    `change`, `reason`: how it differs from the one before, as its publisher states it; without a
    reason if a start-up published it, and both empty for a campaign's first. `wording`: a number
    from 1; revisions with the same demands share one. `published_at`: when it first became current.
    At most one revision of a campaign is `current`.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("campaign_id", "digest"),
        Index(
            "uq_revisions_current",
            "campaign_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    current: Mapped[bool] = mapped_column(default=False)
    wording: Mapped[int] = mapped_column(SmallInteger, default=1)
    change: Mapped[WordingChange | None] = mapped_column(enum_type(WordingChange, "change"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    origin: Mapped[RevisionOrigin] = mapped_column(enum_type(RevisionOrigin, "origin"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
