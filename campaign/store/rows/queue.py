"""Letters and mails are themselves the queue: written in the transaction that causes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from campaign.domain.delivery import MailKind, MailState, Outcome
from campaign.domain.letter import LetterState, WaitingFor, Way
from campaign.store.rows.base import BIG_ID, Base, UtcDateTime, choice

_QUEUED = text("state = 'queued'")
_CLAIMED = text("state = 'claimed'")
_ANSWERED = text("answered_at IS NOT NULL")
_NEWS = text("news_id IS NOT NULL")
_OF_HELD = text("held_with IS NOT NULL")
_QUEUED_MAIL = text("state = 'queued' AND held_with IS NULL")
_QUEUED_OF_HELD = text("state = 'queued' AND held_with IS NOT NULL")


class Queued:
    """What the worker needs to know of a letter or mail.

    `due_at`: not before then. `lease_until`, `lease_holder`: whose it is now.
    `first_tried_at`: from when on five days are counted. `failures`: temporary refusals.
    `message_id`: stable over all attempts.
    """

    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_holder: Mapped[str | None] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    message_id: Mapped[str | None] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LetterRow(Queued, Base):
    """The letter of one signature, under the signature's id.

    `sealed` holds its text, `message` the bytes that were handed over last. `answered_at`:
    when a person at the ministry first answered; apart from the state.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index(
            "ix_letters_queued",
            "government",
            "due_at",
            sqlite_where=_QUEUED,
            postgresql_where=_QUEUED,
        ),
        Index("ix_letters_due", "due_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index(
            "ix_letters_claimed", "lease_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
        ),
        Index("ix_letters_state_government", "state", "government"),
        Index(
            "ix_letters_answered",
            "government",
            sqlite_where=_ANSWERED,
            postgresql_where=_ANSWERED,
        ),
        CheckConstraint(
            "(state = 'waiting') = (waiting_for IS NOT NULL)", name="waiting_says_what_for"
        ),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    government: Mapped[str] = mapped_column(String(2), ForeignKey("ministries.government"))
    language: Mapped[str] = mapped_column(String(8))
    way: Mapped[Way] = mapped_column(choice(Way, "way"))
    state: Mapped[LetterState] = mapped_column(choice(LetterState, "state"))
    waiting_for: Mapped[WaitingFor | None] = mapped_column(choice(WaitingFor, "waiting_for"))
    keys: Mapped[dict[str, Any]] = mapped_column(JSON)
    edited: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None]
    message: Mapped[bytes | None]
    dated: Mapped[date] = mapped_column(Date)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailRow(Queued, Base):
    """A mail to a supporter about her signature, or to organisers or a ministry about it.

    One about neither tells the organisers that a message came in that fits no letter, or is
    a news mail that they send to themselves first.

    Its words are made when it is sent. `held_with`: the submission that caused it, as long as that
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
    kind: Mapped[MailKind] = mapped_column(choice(MailKind, "kind"))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[MailState] = mapped_column(choice(MailState, "state"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AttemptRow(Base):
    """What happened when a message was handed over: appended, never changed.

    Addresses in `reply` are masked before they are stored. `digest_id`: the mail that a
    letter left in together with others, or tried to. `sent_to`: which of its ministry's
    addresses a letter was about to go to; of starts only. `live`, `reaches_recipient`: as the
    transport said of itself then; of what nobody handed over neither is so.
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
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    transport: Mapped[str] = mapped_column(String(24))
    live: Mapped[bool] = mapped_column(default=False)
    reaches_recipient: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24), default="")
    reply: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
