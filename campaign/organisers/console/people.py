"""Everybody who has access: invite them, make them site owners, end their access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from campaign.console.access import console, requires
from campaign.console.forms import form_on_page, submit_form
from campaign.console.pages import console_page
from campaign.console.selected_campaign import my_campaigns
from campaign.console.session import current_user
from campaign.organisers import accounts
from campaign.organisers.forms.account import InviteForm, OrganiserForm, SiteOwnerForm
from campaign.organisers.queries import campaign_roles, organisers
from campaign.organisers.rules.roles import Permission
from campaign.organisers.sealing import unseal_organiser_email
from campaign.web.context import container

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.organisers.accounts import Invitation


@console.get("/people")
@requires(Permission.MANAGE_SITE)
def people() -> Response:
    return _page()


@console.post("/people/invite")
@requires(Permission.MANAGE_SITE, fresh=True)
def invite_organiser() -> WerkzeugResponse:
    form, by, now = InviteForm(), current_user().name, container.clock()
    return submit_form(
        form,
        lambda session: accounts.invite(session, container.keyring, form.invitation, by, now),
        afterwards=url_for("console.people", said="shown-once"),
        page=lambda: _page(form),
        done=lambda token: _link_page(form.invitation, token),
    )


@console.post("/people/<uuid:organiser_id>/site-owner")
@requires(Permission.MANAGE_SITE, fresh=True)
def set_site_owner(organiser_id: UUID) -> WerkzeugResponse:
    form, by, now = SiteOwnerForm(), current_user().name, container.clock()
    return submit_form(
        form,
        lambda session: accounts.set_site_owner(session, organiser_id, by, now, on=form.on.data),
        afterwards=url_for("console.people", said="role"),
        page=lambda: _page(form),
    )


@console.post("/people/<uuid:organiser_id>/end")
@requires(Permission.MANAGE_SITE, fresh=True)
def end_access(organiser_id: UUID) -> WerkzeugResponse:
    form, by, now = OrganiserForm(), current_user().name, container.clock()
    return submit_form(
        form,
        lambda session: accounts.end_access(session, organiser_id, by, now),
        afterwards=url_for("console.people", said="ended"),
        page=lambda: _page(form),
    )


def _link_page(invitation: Invitation, token: str) -> Response:
    """Show the one-time link, once: only its hash is stored."""
    link = f"{container.settings.base_url.rstrip('/')}{url_for('console.welcome', token=token)}"
    return console_page("organisers/invitation_link.html", link=link, invitation=invitation)


def _page(submitted: OrganiserForm | None = None) -> Response:
    with container.database.reading() as session:
        rows = [
            (row, unseal_organiser_email(container.keyring, row.id, row.sealed))
            for row in organisers.list_all(session)
        ]
        roles = campaign_roles.of_everybody(session)
    return console_page(
        "organisers/people.html",
        status=submitted.status if submitted else 200,
        rows=rows,
        now=container.clock(),
        submitted=submitted,
        invite_form=form_on_page(submitted, InviteForm),
        campaigns=my_campaigns(),
        roles=roles,
    )
