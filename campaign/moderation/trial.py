"""Signatures of a trial: a site does not go live before somebody has decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import TrialUnsettled
from campaign.moderation.invalidate import take_out
from campaign.moderation.queries import trial
from campaign.organisers.audit_log import note
from campaign.organisers.rules.audit_log import Action
from campaign.privacy.erase import forget
from campaign.privacy.ledger import Taken
from campaign.signatures.rules.signature import State

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.organisers.rules.audit_log import Cause
    from campaign.privacy.ledger import Ledger

BATCH = 200
"""Signatures in one transaction, so that nobody waits long for one of them."""


def must_be_settled(session: Session) -> None:
    """Raise TrialUnsettled, with a sentence for each campaign, while a decision is missing."""
    if waiting := trial.unsettled(session):
        raise TrialUnsettled([undecided(*one) for one in waiting.items()])


def undecided(slug: str, number: int) -> str:
    """Return what is asked about a campaign's signatures, and how to answer."""
    made = "1 signature was" if number == 1 else f"{number} signatures were"
    command = f"--campaign {slug} --reason …"
    return (
        f"{slug}: {made} made while the site was not live, and before it goes live somebody has "
        f"to decide: campaign trial clear {command} takes what was signed out of the count and "
        f"erases it; campaign trial keep {command} lets it count"
    )


def begin_clearing(session: Session, shelved: Shelved, cause: Cause, now: datetime) -> int:
    """Write down who has the trial's signatures cleared, and why; return how many they are."""
    number = trial.count(session, shelved.campaign_id)
    if number:
        note(session, cause, Action.TRIAL_CLEARED, _about(shelved), now, number=number)
    return number


def clear_next(
    session: Session, ledger: Ledger, shelved: Shelved, after: UUID | None, now: datetime
) -> UUID | None:
    """Invalidate and erase one batch; return its last id, to go on after, or None at the end.

    Letters and mails that have not left are dropped.
    """
    rows = trial.lock_next(session, shelved.campaign_id, after, BATCH)
    if not rows:
        return None
    ledger.note(now, Taken.DELETED, *(row.id for row in rows))
    take_out(session, [row for row in rows if row.state is State.CONFIRMED], now)
    for row in rows:
        forget(session, row, now)
    return rows[-1].id


def keep(session: Session, shelved: Shelved, cause: Cause, now: datetime) -> int:
    """Let the trial's signatures count for good, and return how many they are."""
    number = trial.count(session, shelved.campaign_id)
    if number:
        note(session, cause, Action.TRIAL_KEPT, _about(shelved), now, number=number)
        trial.keep(session, shelved.campaign_id, now)
    return number


def _about(shelved: Shelved) -> str:
    return f"campaign {shelved.slug}"
