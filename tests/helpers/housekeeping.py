"""All chores at once, as of any moment, without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.operations.housekeeping import HOUSEKEEPING_JOBS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.queries.claiming import SitePace
    from campaign.store.keyring import Keyring


def sweep(session: Session, keyring: Keyring, pace: SitePace, now: datetime) -> None:
    for chore in HOUSEKEEPING_JOBS.values():
        chore(session, keyring, pace, now)
