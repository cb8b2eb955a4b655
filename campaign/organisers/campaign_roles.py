"""Who works on a campaign: give roles, take them, and hand a campaign over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import InvalidText, NotFound, PermissionDenied
from campaign.mail.addresses import clean_email
from campaign.organisers.queries import audit_log, campaign_roles, organisers
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import CampaignRole, Role
from campaign.organisers.sealing import hash_organiser_email

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rows import OrganiserRow
    from campaign.store.keyring import Keyring


@dataclass(frozen=True)
class RoleChange:
    """Who changes roles in which campaign; `actor`: her account, if it is done in the console.

    `by_site_owner`: she may leave a campaign without an owner of its own, as she owns them all.
    """

    by: str
    campaign_id: int
    slug: str
    by_site_owner: bool = False
    actor: UUID | None = None


def checked_role(role: Role, languages: Collection[str], known: Collection[str]) -> CampaignRole:
    """Return a role with a translator's languages.

    Raise InvalidText if she has none, or one that is not `known`. Other roles have all of them.
    """
    if role is not Role.TRANSLATOR:
        return CampaignRole(role)
    chosen = tuple(sorted(set(languages)))
    if not chosen:
        raise InvalidText("no-language")
    if not set(chosen) <= set(known):
        raise InvalidText("unknown-language")
    return CampaignRole(role, chosen)


def add(
    session: Session,
    keyring: Keyring,
    email: str,
    given: CampaignRole,
    change: RoleChange,
    now: datetime,
) -> OrganiserRow:
    """Give a role to whoever has an account under this address, and return her account.

    Raise InvalidText if nobody has, or if she has a role in this campaign already.
    """
    row = organisers.by_email(session, hash_organiser_email(keyring, clean_email(email)))
    if row is None or row.ended_at is not None:
        raise InvalidText("no-account")
    if change.campaign_id in campaign_roles.of_organiser(session, row.id):
        raise InvalidText("has-role")
    give_role(session, row, given, change, now)
    return row


def set_role(
    session: Session, organiser_id: UUID, given: CampaignRole, change: RoleChange, now: datetime
) -> None:
    """Change somebody's role in a campaign.

    Raise NotFound if she has none there, and PermissionDenied if no owner would be left.
    """
    row, _ = _locked(session, organiser_id, change, stays_owner=given.role is Role.OWNER)
    give_role(session, row, given, change, now)


def remove(session: Session, organiser_id: UUID, change: RoleChange, now: datetime) -> None:
    """Take somebody's role in a campaign; raise like `set_role`."""
    row, was = _locked(session, organiser_id, change, stays_owner=False)
    campaign_roles.remove(session, organiser_id, change.campaign_id)
    _log(session, row, f"{was.label} to none", change, now)


def hand_over(session: Session, to: UUID, from_: UUID, change: RoleChange, now: datetime) -> None:
    """Make somebody the owner of a campaign, and who was it an editor, in one step.

    Raise NotFound if she has no role in the campaign yet.
    """
    set_role(session, to, CampaignRole(Role.OWNER), change, now)
    roles = campaign_roles.of_organiser(session, from_)
    if from_ != to and change.campaign_id in roles:
        set_role(session, from_, CampaignRole(Role.EDITOR), change, now)


def _locked(
    session: Session, organiser_id: UUID, change: RoleChange, *, stays_owner: bool
) -> tuple[OrganiserRow, CampaignRole]:
    rows = campaign_roles.lock_of_campaign(session, change.campaign_id)
    roles = {row.organiser_id: row.campaign_role for row in rows}
    if organiser_id not in roles:
        raise NotFound(str(organiser_id))
    # Somebody who was invited and never came cannot look after anything.
    others = [one for one, held in roles.items() if held.role is Role.OWNER and one != organiser_id]
    stays = [one for one in others if one == change.actor or organisers.can_come_in(session, one)]
    leaves = roles[organiser_id].role is Role.OWNER and not stays_owner
    if leaves and not stays and not change.by_site_owner:
        raise PermissionDenied("last-campaign-owner")
    return organisers.lock(session, organiser_id), roles[organiser_id]


def give_role(
    session: Session, row: OrganiserRow, given: CampaignRole, change: RoleChange, now: datetime
) -> None:
    """Give somebody a role in a campaign, whether she has one there or not."""
    was = campaign_roles.of_organiser(session, row.id).get(change.campaign_id)
    if was == given:
        return
    campaign_roles.put(session, row.id, change.campaign_id, given)
    _log(session, row, f"{was.label if was else 'none'} to {given.label}", change, now)


def _log(
    session: Session, row: OrganiserRow, detail: str, change: RoleChange, now: datetime
) -> None:
    about = f"organiser {row.name}"
    told = f"{detail} in campaign {change.slug}"
    audit_log.append(session, AuditEntry(change.by, AuditAction.ROLE_SET, about, told), now)
