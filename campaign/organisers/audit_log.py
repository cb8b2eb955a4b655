"""What a person does to signatures is written down with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Cause, Entry, evidence

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Action

MAX_BY, MAX_REASON = 120, 500
"""What the log has room for."""


def kept(cause: Cause) -> Cause:
    """Return a cause as it is kept.

    Raise UnacceptableText where nobody is named, no reason is given, or it is too long.
    """
    return Cause(*evidence(cause.by, cause.reason, MAX_BY, MAX_REASON))


def note(
    session: Session,
    cause: Cause,
    action: Action,
    about: str,
    now: datetime,
    detail: str = "",
    number: int | None = None,
) -> None:
    """Append an act to the log; raise UnacceptableText for what is no cause."""
    why = kept(cause)
    log.append(session, Entry(why.by, action, about, detail, why.reason, number), now)
