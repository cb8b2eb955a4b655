"""`campaign identity`: who counts as the same person."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.signatures.rehash import RehashProgress, rehash as service
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION


@click.group()
def identity() -> None:
    """Who counts as the same person."""


@identity.command()
def rehash() -> None:
    """Hash every signature's address by the newest rules, while the site runs.

    Run it once after an upgrade that brings new rules. Ended at any point, it goes on where it
    was. Two confirmed signatures that turn out to be one person's both stay, and are listed.
    """
    progress = RehashProgress()
    with open_container() as container:
        for progress in service(container.database, container.keyring):
            if progress.done:
                click.echo(f"\r{progress.done} re-hashed", nl=False, err=True)
    click.echo(err=True)
    click.echo(
        f"{progress.done} signatures were re-hashed by version {CURRENT_IDENTITY_VERSION}"
        " of the rules."
    )
    if progress.duplicates:
        click.echo("Each of these pairs is one person. Both signatures stay and are counted;")
        click.echo("to take one out of the count: campaign signatures invalidate")
        for pair in progress.duplicates:
            click.echo(f"  {pair.later} has signed before, as {pair.earlier}")
    if progress.unreadable:
        raise click.ClickException(
            f"{progress.unreadable} could not be opened and are as they were: a key is missing, or "
            "they were changed. Keep every key, and run campaign doctor."
        )
