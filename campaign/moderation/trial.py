"""Signatures of a trial: a site cannot go live before somebody has decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import TrialUndecided
from campaign.moderation.invalidate import invalidate_rows
from campaign.moderation.queries import trial
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction
from campaign.privacy.erase import erase_signature
from campaign.privacy.ledger import LedgerAction
from campaign.signatures.rules.signature import SignatureState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.organisers.rules.audit_log import Justification
    from campaign.privacy.ledger import Ledger

BATCH = 200
"""Signatures per transaction; few, so that nobody waits long for one."""


def must_be_decided(session: Session) -> None:
    """Raise TrialUndecided, with a sentence per campaign, while a decision is missing."""
    if waiting := trial.count_undecided(session):
        raise TrialUndecided([undecided_message(*one) for one in waiting.items()])


def undecided_message(slug: str, number: int) -> str:
    """Return the question about a campaign's trial signatures, and how to answer it."""
    made = "1 signature was" if number == 1 else f"{number} signatures were"
    command = f"--campaign {slug} --reason …"
    return (
        f"{slug}: {made} made while the site was not live. Before it goes live, somebody has to "
        f"decide: campaign trial clear {command} removes them from the count and erases them; "
        f"campaign trial keep {command} keeps them in the count"
    )


def log_clearing(
    session: Session, loaded: LoadedCampaign, cause: Justification, now: datetime
) -> int:
    """Log who has the trial's signatures cleared, and why; return how many there are."""
    number = trial.count(session, loaded.campaign_id)
    if number:
        log_action(session, cause, AuditAction.TRIAL_CLEARED, _about(loaded), now, number=number)
    return number


def clear_batch(
    session: Session, ledger: Ledger, loaded: LoadedCampaign, after: UUID | None, now: datetime
) -> UUID | None:
    """Invalidate and erase one batch; return its last id to continue after, or None at the end.

    Letters and mails that have not been sent are dropped.
    """
    rows = trial.lock_next(session, loaded.campaign_id, after, BATCH)
    if not rows:
        return None
    ledger.append(now, LedgerAction.DELETED, *(row.id for row in rows))
    invalidate_rows(session, [row for row in rows if row.state is SignatureState.CONFIRMED], now)
    for row in rows:
        erase_signature(session, row, now)
    return rows[-1].id


def keep(session: Session, loaded: LoadedCampaign, cause: Justification, now: datetime) -> int:
    """Let the trial's signatures count for good, and return how many there are."""
    number = trial.count(session, loaded.campaign_id)
    if number:
        log_action(session, cause, AuditAction.TRIAL_KEPT, _about(loaded), now, number=number)
        trial.keep(session, loaded.campaign_id, now)
    return number


def _about(loaded: LoadedCampaign) -> str:
    return f"campaign {loaded.slug}"
