"""Limits on mails to one address: how many a day, and addresses that want none."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import HASH, Base, UtcDateTime


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
