"""A campaign under attack: everything new is held until somebody has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns import queries as campaigns
from campaign.errors import NoLongerPossible
from campaign.organisers.audit_log import note
from campaign.organisers.rules.audit_log import Action

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.organisers.rules.audit_log import Cause


def begin(session: Session, shelved: Shelved, cause: Cause, now: datetime) -> None:
    """Hold every signature from now on, and let networks send a quarter of what they may.

    Raise NoLongerPossible if it is so already, or UnacceptableText where no reason is given.
    """
    if not campaigns.set_attacked(session, shelved.campaign_id, now):
        raise NoLongerPossible("under attack already")
    note(session, cause, Action.ATTACK_BEGUN, f"campaign {shelved.slug}", now)


def end(session: Session, shelved: Shelved, cause: Cause, now: datetime) -> None:
    """Let new signatures count again; what is held stays so until it is released.

    Raise NoLongerPossible if there is no attack, or UnacceptableText where no reason is given.
    """
    if not campaigns.set_attacked(session, shelved.campaign_id, None):
        raise NoLongerPossible("not under attack")
    note(session, cause, Action.ATTACK_ENDED, f"campaign {shelved.slug}", now)
