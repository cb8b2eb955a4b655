"""`campaign organiser`: who can sign in to the console."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, open_container
from campaign.errors import InvalidText, PermissionDenied
from campaign.organisers import accounts
from campaign.organisers.accounts import Invitation
from campaign.organisers.queries import organisers
from campaign.organisers.rules.roles import INVITATION_LIFETIME, Role
from campaign.organisers.sealing import unseal_organiser_email

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.organisers.rows import OrganiserRow

_ERROR_MESSAGES = {
    "not-an-address": "this is not a usable e-mail address",
    "name-stays": "this address is in the list under another name (campaign organiser list): "
    "the log knows people by their names",
    "name-taken": "somebody else has this name in the log",
    "last-owner": "this is the last owner: make somebody else an owner first",
}
_BAD_NAME = "a name has letters, at most 64 characters, and no address in it"

_ROLE = click.Choice([role.value for role in Role])


@click.group()
def organiser() -> None:
    """Invite people to the console, and end their access."""


@organiser.command()
@click.argument("name")
@click.argument("email")
@click.option("--role", required=True, type=_ROLE)
@by_option
def invite(name: str, email: str, role: str, by: str) -> None:
    """Print a link with which somebody sets a password, once.

    Inviting an existing address resets that account: its password, second step and sessions end.
    """
    with _transaction() as (container, session):
        invitation = Invitation(name, email, Role(role))
        token = accounts.invite(session, container.keyring, invitation, by, container.clock())
        link = f"{container.settings.base_url.rstrip('/')}/console/welcome/{token}"
    click.echo(f"Give this link to {name}, and to nobody else.")
    click.echo(f"It works once, within {INVITATION_LIFETIME.days} days:\n\n  {link}\n")
    if not container.settings.production:
        click.echo("If the site runs on another port, put that in (CAMPAIGN_BASE_URL says which).")


@organiser.command("list")
def listing() -> None:
    """List everybody who was ever invited."""
    with open_container() as container, container.database.reading() as session:
        for row in organisers.list_all(session):
            email = unseal_organiser_email(container.keyring, row.id, row.sealed)
            click.echo(f"{row.name}  <{email}>  {row.role}  {_state(row)}")


@organiser.command("role")
@click.argument("name")
@click.argument("role", type=_ROLE)
@by_option
def set_role(name: str, role: str, by: str) -> None:
    """Change somebody's role."""
    with _transaction() as (container, session):
        accounts.set_role(
            session, _find_by_name(session, name).id, Role(role), by, container.clock()
        )
    click.echo(f"{name} is {role} now.")


@organiser.command()
@click.argument("name")
@by_option
def end(name: str, by: str) -> None:
    """End somebody's access immediately."""
    with _transaction() as (container, session):
        accounts.end_access(session, _find_by_name(session, name).id, by, container.clock())
    click.echo(f"{name} cannot sign in any more.")


def _state(row: OrganiserRow) -> str:
    if row.ended_at is not None:
        return f"no access since {row.ended_at:%Y-%m-%d}"
    if row.can_sign_in:
        return "can sign in"
    if row.made_up:
        return "made up, for development"
    return "invited"


def _find_by_name(session: Session, name: str) -> OrganiserRow:
    row = organisers.by_name(session, name)
    if row is None:
        raise click.UsageError(f"there is no organiser {name} (campaign organiser list)")
    return row


@contextmanager
def _transaction() -> Iterator[tuple[Container, Session]]:
    with open_container() as container, container.database.writing() as session:
        try:
            yield container, session
        except InvalidText as error:
            raise click.UsageError(_ERROR_MESSAGES.get(error.reason, _BAD_NAME)) from None
        except PermissionDenied as error:
            raise click.UsageError(_ERROR_MESSAGES[error.reason]) from None
