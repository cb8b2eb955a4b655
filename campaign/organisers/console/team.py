"""Who works on a campaign, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.organisers import campaign_roles as roles
from campaign.organisers.campaign_roles import RoleChange
from campaign.organisers.forms.roles import AddPersonForm, CampaignRoleForm, TeamForm
from campaign.organisers.queries import campaign_roles
from campaign.organisers.rules.roles import Permission
from campaign.organisers.sealing import unseal_organiser_email
from campaign.web.context import container

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse


@console.get("/c/<slug>/team")
@requires(Permission.VIEW_COUNTS)
def team() -> Response:
    return _page()


@console.post("/c/<slug>/team/add")
@requires(Permission.MANAGE_ROLES, fresh=True)
def add_to_team() -> WerkzeugResponse:
    form, change, now = AddPersonForm(id_prefix="new-"), _change(), container.clock()
    return submit_form(
        form,
        lambda session: roles.add(
            session, container.keyring, form.email.data, form.given, change, now
        ),
        afterwards=url_for("console.team", said="role-added"),
        page=lambda: _page(form),
    )


@console.post("/c/<slug>/team/<uuid:organiser_id>/role")
@requires(Permission.MANAGE_ROLES, fresh=True)
def set_campaign_role(organiser_id: UUID) -> WerkzeugResponse:
    form, now = CampaignRoleForm(id_prefix=f"{organiser_id}-"), container.clock()
    change = _change()
    return submit_form(
        form,
        lambda session: roles.set_role(session, organiser_id, form.given, change, now),
        afterwards=url_for("console.team", said="role"),
        page=lambda: _page(form),
    )


@console.post("/c/<slug>/team/<uuid:organiser_id>/remove")
@requires(Permission.MANAGE_ROLES, fresh=True)
def remove_from_team(organiser_id: UUID) -> WerkzeugResponse:
    form, change, now = TeamForm(), _change(), container.clock()
    return submit_form(
        form,
        lambda session: roles.remove(session, organiser_id, change, now),
        afterwards=_afterwards(organiser_id, "role-removed"),
        page=lambda: _page(form),
    )


@console.post("/c/<slug>/team/<uuid:organiser_id>/hand-over")
@requires(Permission.MANAGE_ROLES, fresh=True)
def hand_over_campaign(organiser_id: UUID) -> WerkzeugResponse:
    """Make somebody the owner in one's own place, and stay as an editor."""
    form, change, now = TeamForm(), _change(), container.clock()
    me = current_user().organiser.id
    return submit_form(
        form,
        lambda session: roles.hand_over(session, organiser_id, me, change, now),
        afterwards=url_for("console.team", said="handed-over"),
        page=lambda: _page(form),
    )


def _afterwards(organiser_id: UUID, notice: str) -> str:
    """Return the page that follows: whoever leaves a campaign sees it no longer."""
    user = current_user()
    leaves = organiser_id == user.organiser.id and not user.organiser.site_owner
    return url_for("console.overview" if leaves else "console.team", said=notice)


def _change() -> RoleChange:
    user, chosen = current_user(), selected_campaign()
    return RoleChange(
        user.name,
        chosen.campaign_id,
        chosen.slug,
        by_site_owner=user.organiser.site_owner,
        actor=user.organiser.id,
    )


def _page(submitted: TeamForm | None = None) -> Response:
    chosen, manages = selected_campaign(), current_user().has_permission(Permission.MANAGE_ROLES)
    with container.database.reading() as session:
        people = campaign_roles.of_campaign(session, chosen.campaign_id)
    return console_page(
        "organisers/team.html",
        status=submitted.status if submitted else 200,
        submitted=submitted,
        people=[
            (row, role, unseal_organiser_email(container.keyring, row.id, row.sealed))
            for row, role in people
        ]
        if manages
        else [(row, role, "") for row, role in people],
        manages=manages,
        add_form=form_on_page(submitted, AddPersonForm, id_prefix="new-"),
        role_forms={
            row.id: form_on_page(
                submitted,
                CampaignRoleForm,
                role=held.role.value,
                languages=list(held.languages),
                id_prefix=f"{row.id}-",
            )
            for row, held in people
        },
    )
