"""`campaign database`: upgrade or downgrade the tables."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.store import migrate


@click.group()
def database() -> None:
    """Create and change the tables."""


@database.command()
def upgrade() -> None:
    """Upgrade the database to the newest migration."""
    with open_container() as container:
        migrate.upgrade(container.database)
    click.echo("The database is up to date.")


@database.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Downgrade the database to a migration (`base`: to nothing)."""
    with open_container() as container:
        migrate.downgrade(container.database, revision)
    click.echo(f"The database is at {revision}.")
