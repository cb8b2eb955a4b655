from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign.domain.answer import Doubt
from campaign.domain.delivery import InboundKind
from campaign.store.rows.base import HASH, Base, UtcDateTime, choice

_DOUBTFUL = text("kind = 'doubtful'")


class InboundRow(Base):
    """A message that came in, once, however often it is brought.

    `sealed`: its bytes, of an answer to a letter and of what fits none; they may be megabytes,
    and are loaded when they are asked for. `shown`: what is shown of an answer, sealed.
    `mail_id`: the mail that passes an answer on. `doubt`: why a person had to say whether it is
    one, also when that is done.
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
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(HASH)
    kind: Mapped[InboundKind] = mapped_column(choice(InboundKind, "kind"))
    letter_id: Mapped[UUID | None] = mapped_column(ForeignKey("letters.id"))
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"))
    doubt: Mapped[Doubt | None] = mapped_column(choice(Doubt, "doubt"))
    sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    shown: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
