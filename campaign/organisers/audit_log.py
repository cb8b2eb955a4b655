"""Log what a person does to signatures, with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.organisers.queries import audit_log
from campaign.organisers.rules.audit_log import AuditEntry, Justification, clean_by_and_reason

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import AuditAction

MAX_JUSTIFICATION_BY, MAX_JUSTIFICATION = 120, 500
"""Characters that fit in the audit log."""


def clean_cause(cause: Justification) -> Justification:
    """Return a justification, cleaned for storing.

    Raise InvalidText if it names nobody, gives no reason, or is too long.
    """
    return Justification(
        *clean_by_and_reason(cause.by, cause.reason, MAX_JUSTIFICATION_BY, MAX_JUSTIFICATION)
    )


def log_action(
    session: Session,
    cause: Justification,
    action: AuditAction,
    about: str,
    now: datetime,
    detail: str = "",
    number: int | None = None,
) -> None:
    """Append an action to the audit log; raise InvalidText if its justification is not valid."""
    why = clean_cause(cause)
    audit_log.append(session, AuditEntry(why.by, action, about, detail, why.reason, number), now)
