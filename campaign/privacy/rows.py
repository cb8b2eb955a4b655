"""With which identity key this database was filled."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import HASH, Base


class KeyMarkRow(Base):
    """A mark that tells the key that hashes were made with from any other."""

    __tablename__ = "key_marks"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    mark: Mapped[bytes] = mapped_column(HASH)
