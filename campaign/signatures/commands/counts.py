"""`campaign counts`: check the counters."""

from __future__ import annotations

import sys

import click

from campaign.cli.options import open_container
from campaign.signatures.queries import counts as store


@click.group()
def counts() -> None:
    """Look after the counters."""


@counts.command()
def check() -> None:
    """Recompute every counter from the events; exit with 1 if one differs."""
    with open_container() as container, container.database.reading() as session:
        differences = store.find_mismatches(session)
    for one in differences:
        key = ", ".join(str(part) for part in one.key)
        click.echo(f"{one.campaign} ({key}): counter {one.counted}, events {one.from_events}")
    if differences:
        sys.exit(1)
    click.echo("Every counter says what the events say.")
