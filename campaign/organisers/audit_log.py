"""What a person does to signatures is written down with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import SealError, UnacceptableText
from campaign.organisers.queries import audit_log as log
from campaign.organisers.rules.audit_log import Cause, Entry, evidence

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.audit_log import Action
    from campaign.signatures.rows.signatures import SignatureRow
    from campaign.store.vault import Vault

MAX_BY, MAX_REASON = 120, 500
"""What the log has room for."""


def kept(cause: Cause) -> Cause:
    """Return a cause as it is kept.

    Raise UnacceptableText where nobody is named, no reason is given, or it is too long.
    """
    return Cause(*evidence(cause.by, cause.reason, MAX_BY, MAX_REASON))


def must_name_nobody(vault: Vault, row: SignatureRow | None, cause: Cause) -> None:
    """Raise UnacceptableText where a reason has a supporter's name or address in it.

    The log keeps a reason for good, also when everything else about her is deleted.
    """
    if row is None or row.sealed is None:
        return
    try:
        person = vault.open_person(row.id, row.sealed)
    except SealError:
        return
    said = " ".join(cause.reason.split()).casefold()
    if any(one.casefold() in said for one in (person.name, person.email) if one):
        raise UnacceptableText("names-a-person")


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
