"""Queries on who has which role in which campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from campaign.organisers.rows import CampaignRoleRow, OrganiserRow
from campaign.organisers.rules.roles import ROLE_PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.organisers.rules.roles import CampaignRole, Permission


_PEOPLE = (
    select(OrganiserRow, CampaignRoleRow)
    .join(CampaignRoleRow, CampaignRoleRow.organiser_id == OrganiserRow.id)
    .where(OrganiserRow.ended_at.is_(None))
    .order_by(OrganiserRow.name)
)


def of_organiser(session: Session, organiser_id: UUID) -> dict[int, CampaignRole]:
    """Return somebody's roles by campaign id."""
    wanted = select(CampaignRoleRow).where(CampaignRoleRow.organiser_id == organiser_id)
    return {row.campaign_id: row.campaign_role for row in session.scalars(wanted)}


def may(session: Session, organiser: OrganiserRow, right: Permission) -> Callable[[int], bool]:
    """Return a function that says whether somebody has a right in the campaign with an id."""
    if organiser.site_owner:
        return lambda _: True
    roles = of_organiser(session, organiser.id)
    rights = {one: ROLE_PERMISSIONS[held.role] for one, held in roles.items()}
    return lambda campaign_id: right in rights.get(campaign_id, ())


def of_everybody(session: Session) -> dict[UUID, dict[int, CampaignRole]]:
    """Return the roles of all organisers, by organiser and campaign id."""
    found: dict[UUID, dict[int, CampaignRole]] = {}
    for row in session.scalars(select(CampaignRoleRow)):
        found.setdefault(row.organiser_id, {})[row.campaign_id] = row.campaign_role
    return found


def of_campaign(session: Session, campaign_id: int) -> list[tuple[OrganiserRow, CampaignRole]]:
    """Return who works on a campaign, without those whose access has ended, sorted by name."""
    wanted = _PEOPLE.where(CampaignRoleRow.campaign_id == campaign_id)
    return [(row, role.campaign_role) for row, role in session.execute(wanted)]


def people_by_campaign(session: Session) -> dict[int, list[tuple[OrganiserRow, CampaignRole]]]:
    """Return who works on each campaign, as `of_campaign` does on one."""
    found: dict[int, list[tuple[OrganiserRow, CampaignRole]]] = {}
    for row, role in session.execute(_PEOPLE):
        found.setdefault(role.campaign_id, []).append((row, role.campaign_role))
    return found


def lock_of_campaign(session: Session, campaign_id: int) -> Sequence[CampaignRoleRow]:
    """Return a campaign's roles, locked: two owners must not remove each other at the same time."""
    return session.scalars(
        select(CampaignRoleRow)
        .where(CampaignRoleRow.campaign_id == campaign_id)
        .order_by(CampaignRoleRow.organiser_id)
        .with_for_update()
    ).all()


def put(session: Session, organiser_id: UUID, campaign_id: int, given: CampaignRole) -> None:
    """Give somebody a role in a campaign, instead of the one that she has there."""
    key = {"organiser_id": organiser_id, "campaign_id": campaign_id}
    row = session.get(CampaignRoleRow, (organiser_id, campaign_id))
    if row is None:
        row = CampaignRoleRow(**key)
        session.add(row)
    row.role, row.languages = given.role, ",".join(given.languages)
    session.flush()


def remove(session: Session, organiser_id: UUID, campaign_id: int) -> None:
    session.execute(
        delete(CampaignRoleRow).where(
            CampaignRoleRow.organiser_id == organiser_id,
            CampaignRoleRow.campaign_id == campaign_id,
        )
    )


def remove_all_of_campaign(session: Session, campaign_id: int) -> None:
    session.execute(delete(CampaignRoleRow).where(CampaignRoleRow.campaign_id == campaign_id))


def remove_all(session: Session, organiser_id: UUID) -> None:
    """Take all roles from somebody."""
    session.execute(delete(CampaignRoleRow).where(CampaignRoleRow.organiser_id == organiser_id))
