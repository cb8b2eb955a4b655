"""Tables of organisers' accounts and sessions, and of the audit log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.organisers.rules.notices import Notice
from campaign.organisers.rules.roles import CampaignRole, Role
from campaign.store.base import BIG_ID, HASH, Base, UtcDateTime, enum_type


class OrganiserRow(Base):
    """Somebody who runs campaigns. The name appears in the log; the e-mail address is sealed.

    `site_owner`: she runs the site, and owns every campaign on it. All others have roles in some.
    `totp`: the sealed secret of the second step. `next_totp`: a new secret of which no code was
    typed yet. `totp_step`: the time step of the last code that was accepted. `invite_hash`: SHA-256
    of the one-time link's token. `made_up`: the owner whom `make run` signs in, without a password.
    """

    __tablename__ = "organisers"
    __table_args__ = (
        CheckConstraint(
            "(invite_hash IS NULL) = (invite_until IS NULL)", name="an_invitation_ends"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    email_hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    sealed: Mapped[bytes]
    site_owner: Mapped[bool] = mapped_column(default=False)
    made_up: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp: Mapped[bytes | None]
    next_totp: Mapped[bytes | None]
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    invite_hash: Mapped[bytes | None] = mapped_column(HASH, unique=True)
    invite_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def can_sign_in(self) -> bool:
        """Return whether she has set a password and a second step, and her access has not ended."""
        return self.ended_at is None and None not in {self.password_hash, self.totp}


class CampaignRoleRow(Base):
    """Somebody's role in a campaign; `languages`: a translator's, separated by commas."""

    __tablename__ = "campaign_roles"
    __table_args__ = (Index("ix_campaign_roles_campaign_id", "campaign_id"),)

    organiser_id: Mapped[UUID] = mapped_column(ForeignKey("organisers.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))
    languages: Mapped[str] = mapped_column(String(400), default="")

    @property
    def campaign_role(self) -> CampaignRole:
        return CampaignRole(self.role, tuple(filter(None, self.languages.split(","))))


class OrganiserNoticeRow(Base):
    """Whether somebody wants to be mailed about something, and when she was mailed last."""

    __tablename__ = "organiser_notices"

    organiser_id: Mapped[UUID] = mapped_column(ForeignKey("organisers.id"), primary_key=True)
    notice: Mapped[Notice] = mapped_column(enum_type(Notice, "notice"), primary_key=True)
    wanted: Mapped[bool] = mapped_column(default=True)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCodeRow(Base):
    """A code that replaces the second step once; deleted when used."""

    __tablename__ = "recovery_codes"

    organiser_id: Mapped[UUID] = mapped_column(ForeignKey("organisers.id"), primary_key=True)
    hash: Mapped[bytes] = mapped_column(HASH, primary_key=True)


class OrganiserSessionRow(Base):
    """A signed-in browser, found by the SHA-256 of its cookie's token."""

    __tablename__ = "organiser_sessions"
    __table_args__ = (Index("ix_organiser_sessions_organiser_id", "organiser_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organiser_id: Mapped[UUID] = mapped_column(ForeignKey("organisers.id"))
    token_hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    device: Mapped[str] = mapped_column(String(120))
    signed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInThrottleRow(Base):
    """Failed sign-ins in a row for an e-mail address from a device, by keyed hash."""

    __tablename__ = "sign_in_tries"

    key: Mapped[bytes] = mapped_column(HASH, primary_key=True)
    failures: Mapped[int] = mapped_column(SmallInteger)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SentFormRow(Base):
    """A form of the console that was acted on, so that a second click does nothing."""

    __tablename__ = "sent_forms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditLogRow(Base):
    """Who did what to what, when and why. The database refuses changes and deletions."""

    __tablename__ = "log_entries"
    __table_args__ = (Index("ix_log_entries_about", "about"),)

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(120), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[int | None]
