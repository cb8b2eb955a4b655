"""Tables of outgoing mails, attempts, and inbound messages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaign.delivery.rules.answer import ReviewReason
from campaign.delivery.rules.delivery import InboundKind, MailKind, MailState, Outcome
from campaign.store.base import BIG_ID, HASH, Base, QueuedMixin, UtcDateTime, enum_type

_CLAIMED = text("state = 'claimed'")
_NEWS = text("news_id IS NOT NULL")
_OF_HELD = text("held_with IS NOT NULL")
_QUEUED_MAIL = text("state = 'queued' AND held_with IS NULL")
_QUEUED_OF_HELD = text("state = 'queued' AND held_with IS NOT NULL")


class MailRow(QueuedMixin, Base):
    """A mail to a supporter about her signature, or to organisers or a ministry about the latter.

    One about neither tells the organisers that a message came in that fits no letter, or is
    a news mail that they send to themselves first.
    Its text is made when it is sent. `held_with`: the submission that caused it, as long as that
    is held. Then it leaves after all others, or waits for the release.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index(
            "ix_mails_queued", "due_at", sqlite_where=_QUEUED_MAIL, postgresql_where=_QUEUED_MAIL
        ),
        Index(
            "ix_mails_queued_held",
            "due_at",
            sqlite_where=_QUEUED_OF_HELD,
            postgresql_where=_QUEUED_OF_HELD,
        ),
        Index("ix_mails_held_with", "held_with", sqlite_where=_OF_HELD, postgresql_where=_OF_HELD),
        Index("ix_mails_claimed", "lease_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
        Index("ix_mails_signature_id", "signature_id"),
        Index(
            "uq_mails_news",
            "news_id",
            "signature_id",
            unique=True,
            sqlite_where=_NEWS,
            postgresql_where=_NEWS,
        ),
        CheckConstraint("signature_id IS NULL OR government IS NULL", name="about_one"),
        CheckConstraint("(kind = 'news') = (news_id IS NOT NULL)", name="news_says_which"),
        CheckConstraint("state <> 'waiting' OR held_with IS NOT NULL", name="waits_for_a_release"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("signatures.id"))
    government: Mapped[str | None] = mapped_column(String(2), ForeignKey("ministries.government"))
    news_id: Mapped[UUID | None] = mapped_column(ForeignKey("news.id"))
    held_with: Mapped[UUID | None] = mapped_column(ForeignKey("signatures.id"))
    kind: Mapped[MailKind] = mapped_column(enum_type(MailKind, "kind"))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[MailState] = mapped_column(enum_type(MailState, "state"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AttemptRow(Base):
    """What happened when a message was handed over: appended, never changed.

    Addresses in `reply` are masked before they are stored. `digest_id`: the digest in which a
    letter was sent, or tried. `sent_to`: the ministry's address to which a letter was about to
    go; for starts only. `live`, `reaches_recipient`: what the transport said about itself then;
    both are false where nobody handed anything over.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_letter_id", "letter_id"),
        Index("ix_attempts_mail_id", "mail_id"),
        Index("ix_attempts_digest_id", "digest_id"),
        CheckConstraint("(letter_id IS NULL) <> (mail_id IS NULL)", name="one_message"),
    )

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    letter_id: Mapped[UUID | None] = mapped_column(ForeignKey("letters.id"))
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"))
    digest_id: Mapped[UUID | None]
    sent_to: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(enum_type(Outcome, "outcome"))
    transport: Mapped[str] = mapped_column(String(24))
    live: Mapped[bool] = mapped_column(default=False)
    reaches_recipient: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24), default="")
    reply: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


_DOUBTFUL = text("kind = 'doubtful'")
_UNFILED = text("kind = 'unfiled'")
_OF_CAMPAIGN = text("campaign_id IS NOT NULL")


class InboundRow(Base):
    """An inbound message, stored once however often it is delivered.

    `sealed`: its bytes, for an answer to a letter and for what fits none; they may be megabytes,
    and are loaded on demand. `shown`: its displayed content, sealed; for a test mail of ours that
    came back, which is an automatic message, who signed it.
    `mail_id`: the mail that forwards an answer. `doubt`: why a person had to decide whether it is
    one, kept after the decision. `campaign_id`: of an answer that a person filed under no letter,
    but under a campaign, or under one of its digests, the `digest_id`.
    """

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("sha256", name="uq_inbound_sha256"),
        Index("ix_inbound_letter_id", "letter_id"),
        Index("ix_inbound_mail_id", "mail_id"),
        Index(
            "ix_inbound_doubtful",
            "letter_id",
            sqlite_where=_DOUBTFUL,
            postgresql_where=_DOUBTFUL,
        ),
        Index("ix_inbound_unfiled", "id", sqlite_where=_UNFILED, postgresql_where=_UNFILED),
        Index(
            "ix_inbound_campaign",
            "campaign_id",
            "id",
            sqlite_where=_OF_CAMPAIGN,
            postgresql_where=_OF_CAMPAIGN,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(HASH)
    kind: Mapped[InboundKind] = mapped_column(enum_type(InboundKind, "kind"))
    letter_id: Mapped[UUID | None] = mapped_column(ForeignKey("letters.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    digest_id: Mapped[UUID | None]
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"))
    doubt: Mapped[ReviewReason | None] = mapped_column(enum_type(ReviewReason, "doubt"))
    sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    shown: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailBudgetRow(Base):
    """How many mails were claimed in one hour: to one mail domain, or to all."""

    __tablename__ = "mail_budgets"

    scope: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    mails: Mapped[int]
