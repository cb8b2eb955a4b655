"""The organisers: invite them, change their roles, end their access. For owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from campaign.console.access import CONFLICT, console, requires
from campaign.console.pages import UNPROCESSABLE, console_page, message_page
from campaign.console.session import current_user, form_transaction
from campaign.errors import InvalidText, NotFound, PermissionDenied
from campaign.organisers import accounts
from campaign.organisers.accounts import Invitation
from campaign.organisers.queries import organisers
from campaign.organisers.rules.roles import Permission, Role
from campaign.organisers.sealing import unseal_organiser_email
from campaign.web.context import container

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

_FAULTS = {
    "no-name": ("name", "Type the name under which the log shows what they do."),
    "long-name": ("name", "This name is longer than 64 characters."),
    "no-letter": ("name", "This is not a name."),
    "link-in-name": ("name", "A name is not an address."),
    "name-stays": ("name", "This address is in the list under another name, and keeps it."),
    "name-taken": ("name", "Somebody else has this name in the log."),
    "not-an-address": ("email", "This is not an e-mail address."),
}
_BAD_NAME = ("name", "This name has characters that cannot be kept.")


@console.get("/people")
@requires(Permission.MANAGE_ROLES)
def people() -> Response:
    return _page()


@console.post("/people/invite")
@requires(Permission.MANAGE_ROLES, fresh=True)
def invite_organiser() -> WerkzeugResponse:
    """Show the one-time link, once: only its hash is stored."""
    submitted = {name: request.form.get(name, "") for name in ("name", "email", "role")}
    try:
        invitation = Invitation(submitted["name"], submitted["email"], _role(submitted["role"]))
        with form_transaction(url_for("console.people", said="shown-once")) as session:
            token = accounts.invite(
                session, container.keyring, invitation, current_user().name, container.clock()
            )
    except InvalidText as error:
        field, text = _FAULTS.get(error.reason, _BAD_NAME)
        return _page(errors={field: text}, submitted=submitted)
    except PermissionDenied:
        return _last_owner()
    link = f"{container.settings.base_url.rstrip('/')}{url_for('console.welcome', token=token)}"
    return console_page("organisers/invitation_link.html", link=link, invitation=invitation)


@console.post("/people/<uuid:organiser_id>/role")
@requires(Permission.MANAGE_ROLES, fresh=True)
def set_organiser_role(organiser_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.people", said="role")
    role = _role(request.form.get("role", ""))
    try:
        with form_transaction(afterwards) as session:
            accounts.set_role(session, organiser_id, role, current_user().name, container.clock())
    except PermissionDenied:
        return _last_owner()
    return redirect(afterwards, 303)


@console.post("/people/<uuid:organiser_id>/end")
@requires(Permission.MANAGE_ROLES, fresh=True)
def end_access(organiser_id: UUID) -> WerkzeugResponse:
    afterwards = url_for("console.people", said="ended")
    try:
        with form_transaction(afterwards) as session:
            accounts.end_access(session, organiser_id, current_user().name, container.clock())
    except PermissionDenied:
        return _last_owner()
    return redirect(afterwards, 303)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise NotFound(text) from None


def _last_owner() -> Response:
    text = "Make somebody else an owner first: a site without one could not be run."
    return message_page("This is the last owner", text, CONFLICT)


def _page(
    errors: dict[str, str] | None = None, submitted: dict[str, str] | None = None
) -> Response:
    with container.database.reading() as session:
        rows = [
            (row, unseal_organiser_email(container.keyring, row.id, row.sealed))
            for row in organisers.list_all(session)
        ]
    return console_page(
        "organisers/people.html",
        status=UNPROCESSABLE if errors else 200,
        rows=rows,
        roles=list(Role),
        now=container.clock(),
        errors=errors or {},
        submitted=submitted or {},
    )
