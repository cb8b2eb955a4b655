"""Tables of signatures, what is counted of them, and mails per address."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.campaigns.rules.campaign import Consent
from campaign.signatures.rules.signature import EventKind, HoldReason, Origin, SignatureState
from campaign.store.base import BIG_ID, HASH, Base, UtcDateTime, enum_type

ONE_PER_PERSON_INDEX = "uq_signatures_confirmed_identity"

_CONFIRMED = text("state = 'confirmed'")
_PENDING = text("state = 'pending'")
_CHANGED = text("bulk_change_id IS NOT NULL")
_HELD = text("held")
_FROM_SHARED_PAGE = text("submission_hash IS NOT NULL")
_TRIAL = text("NOT signed_live")
_SHOWN = text("state = 'confirmed' AND show_name AND NOT held")
# Exactly as a query words the condition: SQLite uses a partial index only then.
_TRIAL_SQLITE = text("signed_live = 0")
_HELD_SQLITE = text("held = 1")
_SHOWN_SQLITE = text("state = 'confirmed' AND show_name = 1 AND held = 0")


class SignatureRow(Base):
    """One submission. Rows stay; personal values and keyed hashes can be cleared.

    `counted_day` is the UTC day on which every change of this signature counts.
    `bulk_change_id`: the bulk change that invalidated it, for as long as it is invalidated.
    `held_letter`: the letter of one that was held on arrival, sealed until it is released.
    `signed_live`: the site was live then, so it belongs to no trial.
    `submission_hash`: of a form that came from a page that everybody shares, for a day.
    `replaced`: another one stands for it, with another address.
    Hashes that few rows share have hash indexes: 37 bytes a row where a B-tree takes 80.
    """

    __tablename__ = "signatures"
    __table_args__ = (
        Index(
            ONE_PER_PERSON_INDEX,
            "campaign_id",
            "identity_hash",
            unique=True,
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
        Index("ix_signatures_identity_hash", "identity_hash", postgresql_using="hash"),
        Index(
            "ix_signatures_pending_created_at",
            "created_at",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index(
            "ix_signatures_shown",
            "campaign_id",
            "confirmed_at",
            "id",
            sqlite_where=_SHOWN_SQLITE,
            postgresql_where=_SHOWN,
        ),
        Index("ix_signatures_state", "campaign_id", "state", "held", "confirmed_at"),
        Index("ix_signatures_created", "campaign_id", "created_at", "id"),
        Index(
            "ix_signatures_held",
            "campaign_id",
            "created_at",
            "id",
            sqlite_where=_HELD_SQLITE,
            postgresql_where=_HELD,
        ),
        Index(
            "ix_signatures_trial",
            "campaign_id",
            "id",
            sqlite_where=_TRIAL_SQLITE,
            postgresql_where=_TRIAL,
        ),
        Index("ix_signatures_email_hash", "email_hash", postgresql_using="hash"),
        Index(
            "ix_signatures_bulk_change",
            "bulk_change_id",
            "id",
            sqlite_where=_CHANGED,
            postgresql_where=_CHANGED,
        ),
        Index(
            "uq_signatures_submission_hash",
            "submission_hash",
            unique=True,
            sqlite_where=_FROM_SHARED_PAGE,
            postgresql_where=_FROM_SHARED_PAGE,
        ),
        Index("ix_signatures_domain_hash", "domain_hash"),
        Index("ix_signatures_name_hash", "name_hash", postgresql_using="hash"),
        CheckConstraint(
            "state <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_has_time"
        ),
        CheckConstraint("held = (held_for IS NOT NULL)", name="held_says_why"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    government: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(8))
    origin: Mapped[Origin] = mapped_column(enum_type(Origin, "origin"))
    source: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[SignatureState] = mapped_column(enum_type(SignatureState, "state"))
    held: Mapped[bool] = mapped_column(default=False)
    held_for: Mapped[HoldReason | None] = mapped_column(enum_type(HoldReason, "held_for"))
    identity_hash: Mapped[bytes | None] = mapped_column(HASH)
    identity_rules: Mapped[int | None] = mapped_column(SmallInteger)
    email_hash: Mapped[bytes | None] = mapped_column(HASH)
    domain_hash: Mapped[bytes | None] = mapped_column(HASH)
    name_hash: Mapped[bytes | None] = mapped_column(HASH)
    submission_hash: Mapped[bytes | None] = mapped_column(HASH)
    replaced: Mapped[bool] = mapped_column(server_default=false(), default=False)
    sealed: Mapped[bytes | None]
    held_letter: Mapped[bytes | None]
    send_letter: Mapped[bool] = mapped_column(default=False)
    show_name: Mapped[bool] = mapped_column(default=False)
    send_news: Mapped[bool] = mapped_column(default=False)
    reply_directly: Mapped[bool] = mapped_column(default=False)
    send_copy: Mapped[bool] = mapped_column(default=False)
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted_day: Mapped[date | None] = mapped_column(Date)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_live: Mapped[bool] = mapped_column(default=True)
    bulk_change_id: Mapped[UUID | None] = mapped_column(ForeignKey("bulk_changes.id"))


class ConsentRow(Base):
    """Evidence of a consent that was given or withdrawn, and of the words next to its checkbox.

    `words_digest` is the SHA-256 of the text shown, in `language`. The signature's own
    columns hold the current consents.
    """

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_signature_id", "signature_id"),)

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"))
    purpose: Mapped[Consent] = mapped_column(enum_type(Consent, "purpose"))
    given: Mapped[bool]
    words_digest: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventRow(Base):
    """A change of a signature, appended and never changed; counts can be recomputed from these."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_signature_id", "signature_id"),
        CheckConstraint("effect IN (-1, 0, 1)", name="effect"),
    )

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"))
    kind: Mapped[EventKind] = mapped_column(enum_type(EventKind, "kind"))
    effect: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountRow(Base):
    """A counter, changed in the transaction of the event that it counts."""

    __tablename__ = "counts"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True)
    government: Mapped[str] = mapped_column(String(2), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    origin: Mapped[Origin] = mapped_column(enum_type(Origin, "origin"), primary_key=True)
    source: Mapped[str] = mapped_column(String(32), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    signatures: Mapped[int]


class MailCapRow(Base):
    """How many mails visitors have caused to one address on one UTC day."""

    __tablename__ = "mail_caps"

    identity_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    mails: Mapped[int] = mapped_column(SmallInteger)


class SuppressedAddressRow(Base):
    """A suppressed address, whose owner said: not me, stop for good."""

    __tablename__ = "suppressed_addresses"

    identity_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
