from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, Date, SmallInteger, String, Text, Time
from sqlalchemy.orm import Mapped, mapped_column

from campaign.domain.pace import CLOSES, OPENS
from campaign.store.rows.base import Base, UtcDateTime


class MinistryRow(Base):
    """Where a government's letters go, who checked that, and when it may be written to next.

    The reference data fills `email`, `postal` and their sources; `checked_*` only a person
    sets, for each of the two by itself. `postal` has the lines under the ministry's name.
    `per_hour`, `per_day`: None for the site's. `written`: letters on the day `written_on`
    there. `refusals`, `refused_for_good`: in a row. `bounces`: letters
    that came back for good, the last at `bounced_at`. `digest`: one mail a day with all letters;
    the day's has those that were queued up to `digest_until`. `digest_offered_on`: when the
    organisers were told of a long queue.
    """

    __tablename__ = "ministries"
    __table_args__ = (
        CheckConstraint(
            "checked_on IS NULL OR (email <> '' AND checked_by <> '' AND check_reason <> '')",
            name="checked_by_a_person",
        ),
        CheckConstraint("email = '' OR email_source <> ''", name="email_has_source"),
        CheckConstraint(
            "postal_checked_on IS NULL OR "
            "(postal <> '' AND postal_checked_by <> '' AND postal_check_reason <> '')",
            name="postal_checked_by_a_person",
        ),
        CheckConstraint("postal = '' OR postal_source <> ''", name="postal_has_source"),
        CheckConstraint("opens < closes", name="opens_before_it_closes"),
        CheckConstraint("(paused_on IS NULL) = (pause_reason = '')", name="a_pause_has_a_reason"),
    )

    government: Mapped[str] = mapped_column(String(2), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_source: Mapped[str] = mapped_column(Text, default="")
    checked_on: Mapped[date | None] = mapped_column(Date)
    checked_by: Mapped[str] = mapped_column(String(120), default="")
    check_reason: Mapped[str] = mapped_column(Text, default="")
    postal: Mapped[str] = mapped_column(Text, default="")
    postal_source: Mapped[str] = mapped_column(Text, default="")
    postal_checked_on: Mapped[date | None] = mapped_column(Date)
    postal_checked_by: Mapped[str] = mapped_column(String(120), default="")
    postal_check_reason: Mapped[str] = mapped_column(Text, default="")
    per_hour: Mapped[int | None] = mapped_column(SmallInteger)
    per_day: Mapped[int | None] = mapped_column(SmallInteger)
    opens: Mapped[time] = mapped_column(Time, default=OPENS)
    closes: Mapped[time] = mapped_column(Time, default=CLOSES)
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
    digest: Mapped[bool] = mapped_column(default=False)
    digest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest_offered_on: Mapped[date | None] = mapped_column(Date)

    @property
    def verified(self) -> bool:
        return self.checked_on is not None

    @property
    def postal_verified(self) -> bool:
        return self.postal_checked_on is not None
