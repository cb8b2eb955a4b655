"""`campaign ministries`: see where letters go, and verify addresses."""

from __future__ import annotations

import getpass

import click

from campaign.cli.house import house
from campaign.domain.government import iso_code
from campaign.errors import NotFound, UnacceptableText
from campaign.services.verifying import MAX_BY, MAX_REASON
from campaign.services.verifying import verify as verify_ministry
from campaign.store import ministries as store

_SAID = {
    "no-address": "no address is known for this ministry; give one with --email",
    "not-an-address": "this is not a usable e-mail address",
    "too-long": f"--by has room for {MAX_BY} characters and --reason for {MAX_REASON}",
    "hidden-characters": "--by or --reason has control or invisible characters in it",
    "too-many-marks": "--by or --reason has too many accents on one letter",
    "encoded-word": "--by or --reason has =? in it, which mail programs misread",
    "no-reason": "say in --reason how the address was checked, and in --by who did it",
}


@click.group()
def ministries() -> None:
    """Look at ministries and verify their addresses."""


@ministries.command("list")
def listing() -> None:
    """List every ministry, its e-mail address, and who checked it when."""
    with house() as made, made.database.reading() as session:
        for row in store.listing(session):
            checked = (
                f"verified {row.checked_on} by {row.checked_by}" if row.verified else "not verified"
            )
            name = made.reference.ministries[row.government].name
            click.echo(f"{row.government}  {row.email or 'no address':36}  {checked:32}  {name}")


@ministries.command()
@click.argument("government")
@click.option("--email", default="", help="The address, where another or none is known.")
@click.option("--reason", required=True, help="How it was checked; kept with the address.")
@click.option("--by", default=getpass.getuser, help="Who checked it. [default: your login name]")
def verify(government: str, email: str, reason: str, by: str) -> None:
    """Note that a person has checked where a government's letters go."""
    with house() as made, made.database.writing() as session:
        try:
            row = verify_ministry(
                session,
                iso_code(government),
                email,
                by,
                reason,
                live=made.settings.live,
                now=made.clock(),
            )
        except NotFound:
            raise click.UsageError(f"{government} is not a government known here") from None
        except UnacceptableText as error:
            raise click.UsageError(_SAID[error.reason]) from None
    click.echo(f"{row.government}: {row.email} is verified by {row.checked_by}.")
