from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.delivery.rules.answer import ReviewReason
from campaign.delivery.rules.delivery import InboundKind
from campaign.store.base import HASH, Base, UtcDateTime, enum_type

_DOUBTFUL = text("kind = 'doubtful'")
_UNFILED = text("kind = 'unfiled'")
_OF_CAMPAIGN = text("campaign_id IS NOT NULL")


class InboundRow(Base):
    """A message that came in, once, however often it is brought.

    `sealed`: its bytes, of an answer to a letter and of what fits none; they may be megabytes,
    and are loaded when they are asked for. `shown`: what is shown of it, sealed; of a test mail
    of ours that came back, which is an automatic one, who signed it.
    `mail_id`: the mail that passes an answer on. `doubt`: why a person had to say whether it is
    one, also when that is done. `campaign_id`: of an answer that a person filed under no letter,
    but under a campaign, or under one of its daily mails, the `digest_id`.
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
