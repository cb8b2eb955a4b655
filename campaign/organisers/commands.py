"""`campaign organiser`: who can sign in to the console."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.campaigns.queries.campaigns import by_slug
from campaign.cli.options import by_option, open_container
from campaign.errors import InvalidText, NotFound, PermissionDenied
from campaign.organisers import accounts
from campaign.organisers.accounts import Invitation
from campaign.organisers.campaign_roles import RoleChange, checked_role, give_role, remove
from campaign.organisers.queries import campaign_roles, organisers
from campaign.organisers.rules.roles import INVITATION_LIFETIME, Role
from campaign.organisers.sealing import unseal_organiser_email

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.organisers.rows import OrganiserRow

_ERROR_MESSAGES = {
    "not-an-address": "this is not a usable e-mail address",
    "name-stays": "this address is in the list under another name (campaign organiser list): "
    "the log knows people by their names",
    "name-taken": "somebody else has this name in the log",
    "last-owner": "this is the last site owner: make somebody else one first",
    "no-language": "say with --language which languages the translator writes in",
    "unknown-language": "this site has no such language",
}
_BAD_NAME = "a name has letters, at most 64 characters, and no address in it"

_ROLE = click.Choice([role.value for role in Role])
_CAMPAIGNS = click.option(
    "--campaign", "slugs", multiple=True, help="A campaign's address; may be said several times."
)
_LANGUAGES = click.option(
    "--language", "languages", multiple=True, help="A translator's; may be said several times."
)


@click.group()
def organiser() -> None:
    """Invite people to the console, and end their access."""


@organiser.command()
@click.argument("name")
@click.argument("email")
@click.option("--site-owner", is_flag=True, help="Runs the site, and owns every campaign on it.")
@click.option("--role", type=_ROLE, help="In the campaigns that --campaign names.")
@_CAMPAIGNS
@_LANGUAGES
@by_option
def invite(
    name: str,
    email: str,
    role: str | None,
    slugs: Sequence[str],
    languages: Sequence[str],
    by: str,
    *,
    site_owner: bool,
) -> None:
    """Print a link with which somebody sets a password, once.

    Inviting an existing address resets that account: its password, second step and sessions end.
    """
    with _transaction() as (container, session):
        if site_owner == bool(role) or site_owner == bool(slugs):
            raise click.UsageError(
                "say --site-owner, or a --role and at least one --campaign that it is for"
            )
        roles = {}
        if role:
            given = checked_role(Role(role), languages, container.languages)
            roles = dict.fromkeys((_campaign_id(session, slug) for slug in slugs), given)
        invitation = Invitation(name, email, site_owner, roles)
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
        roles = campaign_roles.of_everybody(session)
        slugs = {one.campaign_id: one.slug for one in container.campaign_cache.all(session)}
        for row in organisers.list_all(session):
            email = unseal_organiser_email(container.keyring, row.id, row.sealed)
            held = roles.get(row.id, {})
            listed = [f"{held[key].label} of {slug}" for key, slug in slugs.items() if key in held]
            what = ", ".join(["site owner"] * row.site_owner + listed) or "no role"
            click.echo(f"{row.name}  <{email}>  {what}  {_state(row)}")


@organiser.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([*(role.value for role in Role), "none"]))
@click.option("--campaign", "slug", required=True, help="The campaign's address.")
@_LANGUAGES
@by_option
def set_role(name: str, role: str, slug: str, languages: Sequence[str], by: str) -> None:
    """Give somebody a role in a campaign, or take hers away with "none"."""
    with _transaction() as (container, session):
        row, campaign_id = _find_by_name(session, name), _campaign_id(session, slug)
        change = RoleChange(by, campaign_id, slug, by_site_owner=True)
        if role == "none":
            remove(session, row.id, change, container.clock())
        else:
            given = checked_role(Role(role), languages, container.languages)
            give_role(session, row, given, change, container.clock())
    click.echo(f"{name} is {role} of {slug} now." if role != "none" else f"{name} left {slug}.")


@organiser.command("site-owner")
@click.argument("name")
@click.option("--end", is_flag=True, help="No longer; roles in campaigns stay.")
@by_option
def set_site_owner(name: str, by: str, *, end: bool) -> None:
    """Make somebody a site owner, or no longer."""
    with _transaction() as (container, session):
        row = _find_by_name(session, name)
        accounts.set_site_owner(session, row.id, by, container.clock(), on=not end)
    click.echo(f"{name} is {'no longer ' if end else ''}a site owner.")


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


def _campaign_id(session: Session, slug: str) -> int:
    try:
        return by_slug(session, slug).campaign_id
    except NotFound:
        raise click.UsageError(f"there is no campaign {slug}") from None


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
