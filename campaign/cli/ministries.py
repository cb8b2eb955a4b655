"""`campaign ministries`: see where letters go, and verify addresses."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from campaign.cli.house import house
from campaign.domain.government import iso_code
from campaign.errors import NotFound, UnacceptableText
from campaign.services.verifying import MAX_BY, MAX_POSTAL_LINES, MAX_REASON, verify_postal
from campaign.services.verifying import verify as verify_email
from campaign.store import ministries as store

if TYPE_CHECKING:
    from datetime import date

_SAID = {
    "no-address": "no address is known for this ministry; give one with --email or --postal",
    "not-an-address": "this is not a usable e-mail address",
    "too-long": f"--by has room for {MAX_BY} characters and --reason for {MAX_REASON}",
    "hidden-characters": "--by or --reason has control or invisible characters in it",
    "too-many-marks": "--by or --reason has too many accents on one letter",
    "encoded-word": "--by or --reason has =? in it, which mail programs misread",
    "too-many-lines": f"an address has room for {MAX_POSTAL_LINES} lines",
    "no-reason": "say in --reason how the address was checked, and in --by who did it",
}


@click.group()
def ministries() -> None:
    """Look at ministries and verify their addresses."""


@ministries.command("list")
def listing() -> None:
    """List every ministry, its addresses, and who checked them when."""
    with house() as made, made.database.reading() as session:
        for row in store.listing(session):
            name = made.reference.ministries[row.government].name
            email = _checked(row.checked_on, row.checked_by)
            postal = _checked(row.postal_checked_on, row.postal_checked_by)
            lines = "; ".join((name, *row.postal.split("\n"))) if row.postal else name
            click.echo(
                f"{row.government}  {row.email or 'no address':36}  {email:32}  {lines} ({postal})"
            )


@ministries.command()
@click.argument("government")
@click.option("--email", default="", help="The address, where another or none is known.")
@click.option("--postal", help="A postal address instead: its lines with ; between, or: known")
@click.option("--reason", required=True, help="How it was checked; kept with the address.")
@click.option("--by", default=getpass.getuser, help="Who checked it. [default: your login name]")
def verify(government: str, email: str, postal: str | None, reason: str, by: str) -> None:
    """Note that a person has checked where a government's letters go."""
    if email and postal:
        raise click.UsageError("--email and --postal are checked one after the other")
    code = iso_code(government)
    with house() as made, made.database.writing() as session:
        try:
            if postal is None:
                row = verify_email(
                    session, code, email, by, reason, live=made.settings.live, now=made.clock()
                )
                address = row.email
            else:
                lines = [] if postal == "known" else postal.split(";")
                row = verify_postal(session, code, lines, by, reason, now=made.clock())
                address = row.postal.replace("\n", "; ")
        except NotFound:
            raise click.UsageError(f"{government} is not a government known here") from None
        except UnacceptableText as error:
            raise click.UsageError(_SAID[error.reason]) from None
    click.echo(f"{row.government}: {address} is verified by {by}.")


def _checked(on: date | None, by: str) -> str:
    return f"verified {on} by {by}" if on else "not verified"
