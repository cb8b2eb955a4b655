"""`campaign retention report|run`: what is erased when, and erasing what is due."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.container import create_retention_eraser
from campaign.privacy.retention import build_report as report_of


@click.group()
def retention() -> None:
    """See what is erased when, and erase what is due. The worker does it by itself."""


@retention.command()
def report() -> None:
    """Print what each campaign holds and when it will be erased. Changes nothing."""
    with open_container() as container, container.database.reading() as session:
        for shelved in container.campaign_cache.all(session):
            one = report_of(session, shelved)
            when = f"erased from {one.erased_from} on" if one.erased_from else "no end is set"
            click.echo(f"{one.slug}: {when}")
            click.echo(f"  signatures with name and address  {one.held.signatures}")
            click.echo(f"  letters with their text           {one.held.letters}")
            click.echo(f"  of these, not sent yet            {one.held.unsent}")
            click.echo(f"  answers of ministries             {one.held.answers}")


@retention.command()
def run() -> None:
    """Erase now what the worker would erase: only what is due, and after the week's notice."""
    with open_container() as container:
        eraser = create_retention_eraser(container)
        eraser.tell()
        worked = False
        while eraser.erase_batch():
            worked = True
    click.echo("Erased what is due." if worked else "Nothing is due.")
