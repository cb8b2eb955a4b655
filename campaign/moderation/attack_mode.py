"""Attack mode of a campaign: every new signature is held until somebody has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.queries import campaigns as queries
from campaign.errors import NoLongerPossible
from campaign.organisers.audit_log import log_action
from campaign.organisers.rules.audit_log import AuditAction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.organisers.rules.audit_log import Justification


def begin(session: Session, loaded: LoadedCampaign, cause: Justification, now: datetime) -> None:
    """Hold every new signature from now on, and reduce networks' limits to a quarter.

    Raise NoLongerPossible if attack mode is on already, or InvalidText if no reason is given.
    """
    if not queries.set_attack_mode(session, loaded.campaign_id, now):
        raise NoLongerPossible("under attack already")
    log_action(session, cause, AuditAction.ATTACK_BEGUN, f"campaign {loaded.slug}", now)


def end(session: Session, loaded: LoadedCampaign, cause: Justification, now: datetime) -> None:
    """Let new signatures count again; held ones stay held until they are released.

    Raise NoLongerPossible if attack mode is off, or InvalidText if no reason is given.
    """
    if not queries.set_attack_mode(session, loaded.campaign_id, None):
        raise NoLongerPossible("not under attack")
    log_action(session, cause, AuditAction.ATTACK_ENDED, f"campaign {loaded.slug}", now)
