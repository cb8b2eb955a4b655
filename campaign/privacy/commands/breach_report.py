"""`campaign breach-report`: whom a breach concerns, in numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from campaign.cli.options import open_container
from campaign.privacy.breaches import build_report


@click.command("breach-report")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
    help="From when on somebody may have had the database, in UTC.",
)
def breach_report(since: datetime) -> None:
    """Count whom a breach concerns, by what was held about them. Opens nothing.

    For the notice to the authority within 72 hours (GDPR, Article 33), and to those
    concerned (Article 34). Sealed values can be read only by whoever has the keys too.
    """
    moment = since.replace(tzinfo=UTC)
    with open_container() as container, container.database.reading() as session:
        found = build_report(session, moment)
        now = container.clock()
    click.echo(f"Held at any time from {moment:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC:")
    for name, number in found.fields.items():
        click.echo(f"  {number:>9}  {name}")
    click.echo(f"Of the signatures, {found.erased_since} have been erased since.")
    click.echo("Signatures by government:")
    for code, number in found.governments.items():
        click.echo(f"  {number:>9}  {code}")
