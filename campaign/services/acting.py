"""What a person does to signatures is written down with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.log import Entry
from campaign.services.verifying import evidence
from campaign.store import log

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.domain.log import Action, Cause

MAX_BY, MAX_REASON = 120, 500
"""What the log has room for."""


def note(
    session: Session,
    cause: Cause,
    action: Action,
    about: str,
    now: datetime,
    number: int | None = None,
) -> Cause:
    """Append an act to the log and return its cause as it is kept.

    Raise UnacceptableText where nobody is named or no reason is given.
    """
    by, reason = evidence(cause.by, cause.reason, MAX_BY, MAX_REASON)
    log.append(session, Entry(by, action, about, reason=reason, number=number), now)
    return type(cause)(by, reason)
