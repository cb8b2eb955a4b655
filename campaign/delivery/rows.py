"""Tables of outgoing messages, attempts, and inbound messages."""

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
from campaign.delivery.rules.delivery import InboundKind, Outcome
from campaign.delivery.rules.outgoing import DeliveryPolicy, OutgoingKind, OutgoingState
from campaign.recipients.rows import RECIPIENT
from campaign.recipients.rules.recipient import government_of
from campaign.store.base import BIG_ID, HASH, Base, QueuedMixin, UtcDateTime, enum_type

_CLAIMED = text("state = 'claimed'")
_NEWS = text("news_id IS NOT NULL")
_OF_HELD = text("held_signature_id IS NOT NULL")
_QUEUED = text("state = 'queued' AND held_signature_id IS NULL")
_QUEUED_OF_HELD = text("state = 'queued' AND held_signature_id IS NOT NULL")


class OutgoingRow(QueuedMixin, Base):
    """An outgoing message: one hand-over to a supporter, a recipient or the organisers.

    Its text is made when it is sent. It is about a signature, a recipient, or neither: then it
    tells the organisers of a message that fits no letter, or is their own copy of a news mail.
    `organiser_id`: the one of them that it is for, if it is not for all.
    `letter_id`: which of a signature's letters it is about, if it is about one; empty in rows of
    versions that knew one for each signature.
    One that carries letters is made when they are claimed; they wait in their recipients' queues,
    and their retries are counted there. A single letter's message has the letter's id. `message`:
    its bytes as they were handed over last, sealed.
    `held_signature_id`: the submission that caused it, as long as that is held. Then it leaves
    after all others, or waits for the release. `message_id`: the same for all attempts.
    `lease_until`, `lease_holder`: the current lease.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        Index("ix_outgoing_queued", "due_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index(
            "ix_outgoing_queued_held",
            "due_at",
            sqlite_where=_QUEUED_OF_HELD,
            postgresql_where=_QUEUED_OF_HELD,
        ),
        Index(
            "ix_outgoing_held_signature_id",
            "held_signature_id",
            sqlite_where=_OF_HELD,
            postgresql_where=_OF_HELD,
        ),
        Index(
            "ix_outgoing_claimed", "lease_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
        ),
        Index("ix_outgoing_signature_id", "signature_id"),
        Index(
            "uq_outgoing_news",
            "news_id",
            "signature_id",
            unique=True,
            sqlite_where=_NEWS,
            postgresql_where=_NEWS,
        ),
        CheckConstraint("signature_id IS NULL OR recipient IS NULL", name="about_one"),
        CheckConstraint("(kind = 'news') = (news_id IS NOT NULL)", name="news_says_which"),
        CheckConstraint(
            "state <> 'waiting' OR held_signature_id IS NOT NULL", name="waits_for_a_release"
        ),
        CheckConstraint(
            "state <> 'uncertain' OR policy = 'at_most_once'", name="only_one_hand_over"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("signatures.id"))
    recipient: Mapped[str | None] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    news_id: Mapped[UUID | None] = mapped_column(ForeignKey("news.id"))
    held_signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("signatures.id"))
    # Not a foreign key: letters refer to messages.
    letter_id: Mapped[UUID | None]
    # Nor is this one, for the millions of rows without it: organisers are never deleted.
    organiser_id: Mapped[UUID | None]
    kind: Mapped[OutgoingKind] = mapped_column(enum_type(OutgoingKind, "kind"))
    policy: Mapped[DeliveryPolicy] = mapped_column(
        enum_type(DeliveryPolicy, "policy"), default=DeliveryPolicy.AT_LEAST_ONCE
    )
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[OutgoingState] = mapped_column(enum_type(OutgoingState, "state"))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_holder: Mapped[str | None] = mapped_column(String(64))
    message_id: Mapped[str | None] = mapped_column(String(200))
    message: Mapped[bytes | None]
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def government(self) -> str | None:
        """Return the government that its recipient is an office of."""
        return government_of(self.recipient) if self.recipient else None


class AttemptRow(Base):
    """What happened when a message was handed over: appended, never changed.

    One that carries letters has a row for each. A row without a message says what happened to a
    letter that was not handed over. Addresses in `reply` are masked before they are stored.
    `sent_to`: the recipient's address to which a letter was about to go; for starts only. `live`,
    `reaches_recipient`: what the transport said about itself then; both are false where nobody
    handed anything over.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_letter_id", "letter_id"),
        Index("ix_attempts_outgoing_id", "outgoing_id"),
        CheckConstraint("letter_id IS NOT NULL OR outgoing_id IS NOT NULL", name="about_something"),
    )

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    outgoing_id: Mapped[UUID | None] = mapped_column(ForeignKey("outgoing.id"))
    letter_id: Mapped[UUID | None] = mapped_column(ForeignKey("letters.id"))
    sent_to: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(enum_type(Outcome, "outcome"))
    transport: Mapped[str] = mapped_column(String(24))
    live: Mapped[bool] = mapped_column(default=False)
    reaches_recipient: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24), default="")
    reply: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def digest_id(self) -> UUID | None:
        """Return the digest in which a letter was sent, or tried; None if it was sent alone."""
        return self.outgoing_id if self.letter_id not in {None, self.outgoing_id} else None


_DOUBTFUL = text("kind = 'doubtful'")
_UNFILED = text("kind = 'unfiled'")
_OF_CAMPAIGN = text("campaign_id IS NOT NULL")


class InboundRow(Base):
    """An inbound message, stored once however often it is delivered.

    `sealed`: its bytes, for an answer to a letter and for what fits none; they may be megabytes,
    and are loaded on demand. `content`: its displayed content, sealed; for a test mail of ours that
    came back, which is an automatic message, who signed it.
    `mail_id`: the mail that forwards an answer. `review_reason`: why a person had to decide whether
    it is one, kept after the decision. `campaign_id`: of an answer that a person filed under no
    letter, but under a campaign, or under one of its digests, the `digest_id`.
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
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("outgoing.id"))
    review_reason: Mapped[ReviewReason | None] = mapped_column(
        enum_type(ReviewReason, "review_reason")
    )
    sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    content: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailBudgetRow(Base):
    """How many mails were claimed in one hour: to one mail domain, or to all."""

    __tablename__ = "mail_budgets"

    scope: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    mails: Mapped[int]
