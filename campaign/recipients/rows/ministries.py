from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, Date, SmallInteger, String, Text, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.recipients.rows.addresses import AddressRow
from campaign.recipients.rules.addresses import Channel, best_address
from campaign.recipients.rules.pace import DEFAULT_CLOSES, DEFAULT_OPENS
from campaign.store.base import Base, UtcDateTime


class MinistryRow(Base):
    """A government's ministry: its addresses, its pace, and when it may be written to next.

    `per_hour`, `per_day`: None for the site's. `written`: letters on the day `written_on`
    there. `refusals`, `refused_for_good`: in a row. `bounces`: letters that came back for
    good, the last at `bounced_at`; those that left before `resumed_at` are not counted.
    `digest`: one mail a day with all letters; the day's has those that were queued up to
    `digest_until`. `digest_offered_on`: when the organisers were told of a long queue.
    """

    __tablename__ = "ministries"
    __table_args__ = (
        CheckConstraint("opens < closes", name="opens_before_it_closes"),
        CheckConstraint("(paused_on IS NULL) = (pause_reason = '')", name="a_pause_has_a_reason"),
    )

    government: Mapped[str] = mapped_column(String(2), primary_key=True)
    addresses: Mapped[list[AddressRow]] = relationship(
        lazy="selectin", order_by=AddressRow.id, cascade="all, delete-orphan"
    )
    per_hour: Mapped[int | None] = mapped_column(SmallInteger)
    per_day: Mapped[int | None] = mapped_column(SmallInteger)
    opens: Mapped[time] = mapped_column(Time, default=DEFAULT_OPENS)
    closes: Mapped[time] = mapped_column(Time, default=DEFAULT_CLOSES)
    zone: Mapped[str] = mapped_column(String(40))
    paused_on: Mapped[date | None] = mapped_column(Date)
    pause_reason: Mapped[str] = mapped_column(Text, default="")
    next_write_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_on: Mapped[date | None] = mapped_column(Date)
    written: Mapped[int] = mapped_column(SmallInteger, default=0)
    refusals: Mapped[int] = mapped_column(SmallInteger, default=0)
    refused_for_good: Mapped[int] = mapped_column(SmallInteger, default=0)
    bounces: Mapped[int] = mapped_column(SmallInteger, default=0)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest: Mapped[bool] = mapped_column(default=False)
    digest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest_offered_on: Mapped[date | None] = mapped_column(Date)

    def address_for(self, channel: Channel, language: str, *, live: bool) -> AddressRow | None:
        """Return where a letter in that language goes; live, only what a person verified."""
        return best_address(self.addresses, channel, language, verified_only=live)

    def has_verified(self, channel: Channel) -> bool:
        """Say whether a person has verified an address of that kind."""
        return self.address_for(channel, "", live=True) is not None
