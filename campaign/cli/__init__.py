"""The `campaign` command."""

from __future__ import annotations

import logging
import sys

import click

from campaign.cli import content, counts, database, export, messages, ministries, prepare, run, work
from campaign.errors import CampaignError


@click.group()
def commands() -> None:
    """Open letters that reach governments."""


for group in (
    content.content,
    counts.counts,
    database.database,
    export.export,
    messages.messages,
    ministries.ministries,
    prepare.prepare,
    run.run,
    work.worker,
):
    commands.add_command(group)


def main() -> None:
    """Run the command; what is wrong is said in plain sentences, without a trace."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        commands.main(standalone_mode=False)
    except CampaignError as error:
        sys.exit("\n".join(f"campaign: {line}" for line in str(error).splitlines()))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
