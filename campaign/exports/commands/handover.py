"""`campaign export pack`: what is handed over to a government."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from campaign.cli.container import CAMPAIGN, chosen, house
from campaign.cli.output import whole_file
from campaign.container import create_packer
from campaign.errors import UnacceptableText
from campaign.exports.commands.export import SAID
from campaign.exports.handover import Handed
from campaign.exports.tables import note_leaving
from campaign.organisers.rules.audit_log import Action, Entry
from campaign.recipients.rules.government import iso_code


@click.command()
@CAMPAIGN
@click.option("--government", required=True, help="Its code, such as GR.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Who gets it and when; kept in the log.")
@click.option("--by", default=getpass.getuser, help="Who asks. [default: your login name]")
def pack(slug: str, government: str, output: Path, reason: str, by: str) -> None:
    """Make the ZIP file for a government: letter, counts, names, and how to check them."""
    code = iso_code(government)
    with house() as made, made.database.reading() as session:
        if code not in made.reference.ministries:
            raise click.UsageError(f"{code} is not a government known here")
        handed = Handed(session, chosen(made, session, slug), code, made.clock().date())
        about = f"campaign {handed.shelved.slug}"
        entry = Entry(by, Action.PACK_EXPORTED, about, f"government {code}", reason, handed.named)
        with made.database.writing() as writing:
            try:
                note_leaving(writing, entry, made.clock())
            except UnacceptableText as error:
                raise click.UsageError(SAID.get(error.reason, str(error))) from None
        progress = click.progressbar(
            length=handed.named, file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with whole_file(output) as out, progress as bar:
            for names in create_packer(made).write(handed, out):
                bar.update(max(names - bar.pos, 0))
        if handed.unopened:
            raise click.ClickException(
                f"{handed.unopened} people who agreed to be named could not be opened and are "
                f"left out of {output}: CAMPAIGN_SEALING_KEYS lacks a key, or what is stored was "
                "changed (campaign doctor)."
            )
        click.echo(f"{handed.named} names are in {output}.")
