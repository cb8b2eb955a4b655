"""`campaign export pack`: what is handed over to a government."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from campaign.cli.options import campaign_option, open_container, select_campaign
from campaign.cli.output import atomic_file
from campaign.container import create_handover_pack_writer
from campaign.errors import InvalidText
from campaign.exports.commands.export import ERROR_MESSAGES
from campaign.exports.handover import HandoverPack
from campaign.exports.tables import log_export
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.recipients.rules.government import to_iso_code


@click.command()
@campaign_option
@click.option("--government", required=True, help="Its code, such as GR.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Who gets it and when; kept in the log.")
@click.option("--by", default=getpass.getuser, help="Who asks. [default: your login name]")
def pack(slug: str, government: str, output: Path, reason: str, by: str) -> None:
    """Make the ZIP file for a government: letter, counts, names, and how to check them."""
    code = to_iso_code(government)
    with open_container() as container, container.database.reading() as session:
        if code not in container.reference.ministries:
            raise click.UsageError(f"{code} is not a government known here")
        handed = HandoverPack(
            session, select_campaign(container, session, slug), code, container.clock().date()
        )
        about = f"campaign {handed.shelved.slug}"
        entry = AuditEntry(
            by, AuditAction.PACK_EXPORTED, about, f"government {code}", reason, handed.named_count
        )
        with container.database.writing() as writing:
            try:
                log_export(writing, entry, container.clock())
            except InvalidText as error:
                raise click.UsageError(ERROR_MESSAGES.get(error.reason, str(error))) from None
        progress = click.progressbar(
            length=handed.named_count, file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with atomic_file(output) as out, progress as bar:
            for names in create_handover_pack_writer(container).write(handed, out):
                bar.update(max(names - bar.pos, 0))
        if handed.unopened:
            raise click.ClickException(
                f"{handed.unopened} people who agreed to be named could not be opened and are "
                f"left out of {output}: CAMPAIGN_SEALING_KEYS lacks a key, or what is stored was "
                "changed (campaign doctor)."
            )
        click.echo(f"{handed.named_count} names are in {output}.")
