"""The columns of what is handed over by a worker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.store.base import UtcDateTime


class QueuedMixin:
    """What the worker needs to know of a letter or mail.

    `due_at`: not before then. `lease_until`, `lease_holder`: whose it is now.
    `first_tried_at`: from when on five days are counted. `failures`: temporary refusals.
    `message_id`: stable over all attempts.
    """

    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_holder: Mapped[str | None] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    message_id: Mapped[str | None] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
