from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaign.campaigns.rules.wording import WordingChange
from campaign.store.base import Base, UtcDateTime, enum_type


class RevisionOrigin(StrEnum):
    """How a revision came in. A start-up never publishes over one that a person published."""

    STARTUP = "startup"
    COMMAND = "command"
    CONSOLE = "console"


class CampaignRow(Base):
    """A campaign: its facts may change, its revisions never do.

    `uid`: what tokens are bound to; it never changes, while the slug may. Of a campaign that is
    older than these ids it is the slug that it had.
    `attacked_since`: while it is set, every new signature is held. `retention_told_on`: when
    organisers were told that its personal data will be erased. `trial_kept_at`: somebody decided
    that signatures made until then, while the site was not live, keep counting.
    `name`: what organisers call it while nothing is published; `facts` are empty then.
    `draft_version`: the version of its bundle that is worked on, `published_version` the one that
    is published, `folder_version` the one that its folder had at the last start. `drops_letters`:
    it was closed, and letters that nobody has begun to send are dropped.
    `rehearses_id`: the campaign of whose draft this is a rehearsal, under a secret slug, until
    `rehearsal_ends_at`; `rehearsed_version`: which version it shows. `letter_read_by`: who read a
    rehearsal's letter last, of `letter_read_version`.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[str] = mapped_column(Text)
    attacked_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retention_told_on: Mapped[date | None] = mapped_column(Date)
    trial_kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(100), default="")
    draft_version: Mapped[int | None]
    published_version: Mapped[int | None]
    folder_version: Mapped[int | None]
    drops_letters: Mapped[bool] = mapped_column(default=False)
    rehearses_id: Mapped[int | None]
    rehearsal_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rehearsed_version: Mapped[int | None]
    letter_read_version: Mapped[int | None]
    letter_read_by: Mapped[str] = mapped_column(String(120), server_default="", default="")


class CampaignAddressRow(Base):
    """An address that a campaign had before: it leads to the one that it has now."""

    __tablename__ = "campaign_addresses"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class BundleVersionRow(Base):
    """A version of a campaign's bundle; it never changes.

    `files`: the SHA-256 of each file's text by its name. `parent`: the version that it was made
    from. `note`: what was done, in words. `changed`: where texts are that it changed, or that
    somebody said were still right, by file; nothing, if it was saved before this was recorded.
    """

    __tablename__ = "bundle_versions"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent: Mapped[int | None]
    files: Mapped[dict[str, str]] = mapped_column(JSON)
    changed: Mapped[dict[str, list[list[str]]]] = mapped_column(
        JSON, default=dict, server_default="{}"
    )
    saved_by: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200))


class BundleTextRow(Base):
    """The text of a file that some version of a campaign's bundle has, by its SHA-256."""

    __tablename__ = "bundle_texts"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class ScheduledPublicationRow(Base):
    """A version that the worker publishes at a time, as its publisher stated.

    `failure`: why it could not, when its time had come; then it waits for a person. One that
    `needs_approval` also waits for a second person, who is then named in `approved_by`.
    `stated_at`, `failed_at`: when it was asked for, and when it turned out to be impossible.
    """

    __tablename__ = "scheduled_publications"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    version: Mapped[int]
    publish_at: Mapped[datetime] = mapped_column(UtcDateTime)
    change: Mapped[WordingChange | None] = mapped_column(enum_type(WordingChange, "change"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    stated_by: Mapped[str] = mapped_column(String(120))
    replaces_letter: Mapped[bool] = mapped_column(default=False)
    needs_approval: Mapped[bool] = mapped_column(server_default=false(), default=False)
    approved_by: Mapped[str] = mapped_column(String(120), server_default="", default="")
    failure: Mapped[str] = mapped_column(Text, default="")
    stated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RevisionRow(Base):
    """What signatures endorse, in canonical form, with its SHA-256.

    `change`, `reason`: how it differs from the one before, as its publisher states it; without a
    reason if a start-up published it, and both empty for a campaign's first. `wording`: a number
    from 1; revisions with the same demands share one. `published_at`: when it first became current.
    At most one revision of a campaign is `current`. `version`: that of the bundle that it was last
    published from.
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
    version: Mapped[int | None]
