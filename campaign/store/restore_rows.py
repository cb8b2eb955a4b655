from __future__ import annotations

from datetime import datetime

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import Base, UtcDateTime


class PendingRestoreRow(Base):
    """The one row that says that a restore has begun and is not settled (ADR 0043).

    `made_at`: of when the backup is. No dump has this table, so that a restore leaves it alone.
    """

    __tablename__ = "unsettled_restore"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    who: Mapped[str] = mapped_column(String(120))
