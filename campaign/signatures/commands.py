"""`campaign counts` and `campaign identity`."""

from __future__ import annotations

import sys

import click

from campaign.cli.options import open_container
from campaign.signatures.queries.counts import find_mismatches
from campaign.signatures.rehash import RehashProgress, rehash as rehash_signatures
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION


@click.group()
def counts() -> None:
    """Check the counters."""


@counts.command()
def check() -> None:
    """Recompute every counter from the events; exit with 1 if one differs."""
    with open_container() as container, container.database.reading() as session:
        differences = find_mismatches(session)
    for one in differences:
        key = ", ".join(str(part) for part in one.key)
        click.echo(f"{one.campaign} ({key}): counter {one.counted}, events {one.from_events}")
    if differences:
        sys.exit(1)
    click.echo("Every counter says what the events say.")


@click.group()
def identity() -> None:
    """Rules for who counts as the same person."""


@identity.command()
def rehash() -> None:
    """Hash every signature’s address by the newest rules, while the site runs.

    Run it once after an upgrade that brings new rules. If it is stopped, it continues where it was.
    Two confirmed signatures that turn out to be one person’s both stay, and are listed.
    """
    progress = RehashProgress()
    with open_container() as container:
        for progress in rehash_signatures(container.database, container.keyring):
            if progress.done:
                click.echo(f"\r{progress.done} re-hashed", nl=False, err=True)
    click.echo(err=True)
    click.echo(
        f"{progress.done} signatures were re-hashed by version {CURRENT_IDENTITY_VERSION}"
        " of the rules."
    )
    if progress.duplicates:
        click.echo("Each of these pairs is one person. Both signatures stay and are counted;")
        click.echo(
            "to take one out of the count, look for its id in the console, under Signatures."
        )
        for pair in progress.duplicates:
            click.echo(f"  {pair.later} has signed before, as {pair.earlier}")
    if progress.unreadable:
        raise click.ClickException(
            f"{progress.unreadable} could not be opened and are as they were: a key is missing, or "
            "they were changed. Keep every key, and run campaign doctor."
        )
