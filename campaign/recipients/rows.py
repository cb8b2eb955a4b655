"""Tables of recipients, their addresses, and supporters' reports about them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
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
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.recipients.rules.addresses import AddressStatus, Channel, best_address
from campaign.recipients.rules.pace import DEFAULT_CLOSES, DEFAULT_OPENS
from campaign.recipients.rules.recipient import (
    MAX_KEY_LENGTH,
    government_of,
    office_of,
    usual_language,
)
from campaign.store.base import Base, UtcDateTime, enum_type

RECIPIENT = String(MAX_KEY_LENGTH)
"""A recipient's key, such as `DE/foreign-affairs`."""

CHECK_AGAIN_AFTER = timedelta(days=183)
"""Offices move and are renamed: half a year after its check an address is on the dashboard."""

_OPEN = text("settled_at IS NULL")


class AddressRow(Base):
    """An e-mail or postal address of a recipient, its source, and who checked it when.

    `value`: an e-mail address, or the lines under the recipient's name. `language`: of the
    letters that go there; empty for any. `from_reference`: the reference data may remove it
    again. `checked_…` is the last check; `first_…` the one before it by another person, if
    there was one. The pace is the recipient's if the address has none of its own.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("recipient", "channel", "value", name="uq_addresses_value"),
        CheckConstraint("value <> '' AND source <> ''", name="has_a_source"),
        CheckConstraint(
            "status = 'known' OR "
            "(checked_on IS NOT NULL AND checked_by <> '' AND check_reason <> '')",
            name="checked_by_a_person",
        ),
        CheckConstraint(
            "first_checked_on IS NULL OR (first_checked_by <> '' AND first_check_reason <> '')",
            name="first_checked_by_a_person",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    value: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="")
    status: Mapped[AddressStatus] = mapped_column(
        enum_type(AddressStatus, "status"), default=AddressStatus.KNOWN
    )
    source: Mapped[str] = mapped_column(Text)
    from_reference: Mapped[bool] = mapped_column(default=False)
    checked_on: Mapped[date | None] = mapped_column(Date)
    checked_by: Mapped[str] = mapped_column(String(120), default="")
    check_reason: Mapped[str] = mapped_column(Text, default="")
    first_checked_on: Mapped[date | None] = mapped_column(Date)
    first_checked_by: Mapped[str] = mapped_column(String(120), default="")
    first_check_reason: Mapped[str] = mapped_column(Text, default="")
    per_hour: Mapped[int | None] = mapped_column(SmallInteger)
    per_day: Mapped[int | None] = mapped_column(SmallInteger)
    opens: Mapped[time | None] = mapped_column(Time)
    closes: Mapped[time | None] = mapped_column(Time)
    zone: Mapped[str | None] = mapped_column(String(40))

    @property
    def single_line(self) -> str:
        """Return the address in one line."""
        return self.value.replace("\n", "; ")

    @property
    def verified_by_one_person(self) -> bool:
        """Return whether it was verified by one person alone."""
        return self.status is AddressStatus.VERIFIED and not self.first_checked_by

    def is_stale(self, today: date) -> bool:
        """Return whether it was verified so long ago that it should be checked again."""
        return (
            self.status is AddressStatus.VERIFIED
            and self.checked_on is not None
            and today - self.checked_on > CHECK_AGAIN_AFTER
        )

    @property
    def checked_by_text(self) -> str:
        """Return who checked it, and whether that was one person or two."""
        if self.first_checked_by:
            return f"{self.first_checked_by} and {self.checked_by}"
        if self.status is AddressStatus.CHECKED:
            return f"{self.checked_by}; a second person has not checked it yet"
        return f"{self.checked_by}, one person" if self.verified_by_one_person else self.checked_by


class ContactReportRow(Base):
    """A supporter's report that a recipient's contact is wrong; `sealed` holds her words."""

    __tablename__ = "contact_reports"
    __table_args__ = (
        UniqueConstraint("signature_id", "recipient", name="uq_contact_reports_one_each"),
        Index(
            "ix_contact_reports_open",
            "recipient",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(ForeignKey("signatures.id"))
    recipient: Mapped[str] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    sealed: Mapped[bytes | None]
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OfficeHolderRow(Base):
    """A person in office, as an organiser entered it: it ages, so it has a day and a source.

    `since`: the day of coming into office, if it is known. `imported`: it came with a file, so that
    one without it may remove it.
    """

    __tablename__ = "office_holders"
    __table_args__ = (Index("ix_office_holders_recipient", "recipient"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    name: Mapped[str] = mapped_column(String(500))
    since: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(String(120))
    entered_on: Mapped[date] = mapped_column(Date)
    imported: Mapped[bool] = mapped_column(default=False)


class DirectoryImportRow(Base):
    """An import of a directory that waits for a second person.

    `remove_gone`: what the file does not list any more is to be removed.
    """

    __tablename__ = "directory_imports"
    # A number that somebody was told never means another import.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    remove_gone: Mapped[bool] = mapped_column(default=False)
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecipientWishRow(Base):
    """What a recipient's staff asked for, if it has parts; `id`: of the mail that confirms it.

    `sealed`: where letters belong, as somebody typed it.
    """

    __tablename__ = "recipient_wishes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(RECIPIENT, ForeignKey("recipients.key"))
    wish: Mapped[str] = mapped_column(String(16))
    days: Mapped[int | None] = mapped_column(SmallInteger)
    sealed: Mapped[bytes | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecipientRow(Base):
    """An office of a government: its addresses, its pace, and when it may be written to next.

    `key`: such as DE/foreign-affairs. `names`, `titles` (of whoever heads it, as a line of its
    address): by language; `letter_languages`: those that it
    reads, the preferred one first; `website`: empty if none was found. `imported`: what organisers
    imported of these, with sources, by `EntryKind` and language; it goes before reference data.
    `per_hour`, `per_day`: None for the site's. `written`: letters on the day `written_on`
    there. `refusals`, `refused_for_good`: in a row. `bounces`: letters that bounced for
    good, the last at `bounced_at`; those sent before `resumed_at` are not counted.
    `paused_until`: the last day of a pause that ends by itself.
    `shares_return_path`: its server delays mail by sender, so that the messages of a day share the
    return path of the first one, `return_path_id`, sent on the UTC day `return_path_on`.
    `digest`: one mail a day with all letters, or one a week if `weekly`; it has those that were
    queued up to `digest_until`. `digest_offered_on`: when the organisers were told of a long queue.
    """

    __tablename__ = "recipients"
    __table_args__ = (
        CheckConstraint("opens < closes", name="opens_before_it_closes"),
        CheckConstraint("(paused_on IS NULL) = (pause_reason = '')", name="a_pause_has_a_reason"),
    )

    key: Mapped[str] = mapped_column(RECIPIENT, primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    titles: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    letter_languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    website: Mapped[str] = mapped_column(Text, default="")
    imported: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
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
    paused_until: Mapped[date | None] = mapped_column(Date)
    next_write_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_on: Mapped[date | None] = mapped_column(Date)
    sent_today: Mapped[int] = mapped_column(SmallInteger, default=0)
    refusals: Mapped[int] = mapped_column(SmallInteger, default=0)
    refused_for_good: Mapped[int] = mapped_column(SmallInteger, default=0)
    bounces: Mapped[int] = mapped_column(SmallInteger, default=0)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shares_return_path: Mapped[bool] = mapped_column(default=False)
    return_path_id: Mapped[UUID | None]
    return_path_on: Mapped[date | None] = mapped_column(Date)
    digest: Mapped[bool] = mapped_column(default=False)
    weekly: Mapped[bool] = mapped_column(default=False)
    digest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest_offered_on: Mapped[date | None] = mapped_column(Date)

    @property
    def government(self) -> str:
        """Return the code of the government that it is an office of."""
        return government_of(self.key)

    @property
    def office(self) -> str:
        """Return the office that it is: `justice` of DE/justice."""
        return office_of(self.key)

    @property
    def name_language(self) -> str:
        """Return the language in which it is named if no other is asked for."""
        return usual_language(self.names, self.letter_languages)

    @property
    def name(self) -> str:
        return self.name_in(self.name_language)

    def language_of_name(self, language: str) -> str:
        """Return the language itself if the recipient has a name in it, else its usual name's."""
        return language if language in self.names else self.name_language

    def name_in(self, language: str) -> str:
        """Return its name in that language, or its usual one; its key if it has none."""
        return self.names.get(self.language_of_name(language), self.key)

    def heading_in(self, language: str) -> list[str]:
        """Return the first lines of its postal address: its name, and the title of its head.

        The organisation stands above the office of the person, as DIN 5008 and the French AFNOR
        NF Z10-011 have it. The title is in the letter's language, or else in the name's.
        """
        name, of_name = self.name_in(language), self.language_of_name(language)
        title = self.titles.get(language) or self.titles.get(of_name, "")
        return [name, title] if title and title != name else [name]

    def address_for(self, channel: Channel, language: str, *, live: bool) -> AddressRow | None:
        """Return the address for letters in that language; live, only one a person verified."""
        return best_address(self.addresses, channel, language, verified_only=live)

    def has_verified(self, channel: Channel) -> bool:
        """Return whether a person has verified an address of that channel."""
        return self.address_for(channel, "", live=True) is not None
