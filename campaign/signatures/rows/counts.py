from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.signatures.rules.signature import Origin
from campaign.store.base import HASH, Base, UtcDateTime, enum_type


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


class LetterCapRow(Base):
    """The day on which one person's letter of one campaign was handed over to one recipient.

    `hash` alone says who, what and where. It outlives her signature (ADR 0033).
    """

    __tablename__ = "letter_caps"
    __table_args__ = (Index("ix_letter_caps_day", "day"),)

    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    day: Mapped[date] = mapped_column(Date)


class MailBudgetRow(Base):
    """How many mails were claimed in one hour: to one mail domain, or to all."""

    __tablename__ = "mail_budgets"

    scope: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    mails: Mapped[int]


class KeyMarkRow(Base):
    """A mark that tells the key that hashes were made with from any other."""

    __tablename__ = "key_marks"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    mark: Mapped[bytes] = mapped_column(HASH)


class SuppressedAddressRow(Base):
    """A suppressed address, whose owner said: not me, stop for good."""

    __tablename__ = "stopped"

    identity_hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
