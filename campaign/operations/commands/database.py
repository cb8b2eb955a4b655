"""`campaign database`: bring the tables to the code's state, or back."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.store import migrate


@click.group()
def database() -> None:
    """Create and change the tables."""


@database.command()
def upgrade() -> None:
    """Bring the database to the newest state."""
    with open_container() as container:
        migrate.upgrade(container.database)
    click.echo("The database is up to date.")


@database.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to a migration (`base`: to nothing)."""
    with open_container() as container:
        migrate.downgrade(container.database, revision)
    click.echo(f"The database is at {revision}.")
