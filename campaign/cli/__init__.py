"""The `campaign` command."""

from __future__ import annotations

import logging
import sys

import click
from alembic.util.exc import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError

from campaign.cli import (
    content,
    counts,
    database,
    doctor,
    export,
    inbound,
    letter,
    letters,
    messages,
    ministries,
    ministry_import,
    ministry_pace,
    pack,
    prepare,
    run,
    work,
)
from campaign.errors import CampaignError


@click.group()
def commands() -> None:
    """Open letters that reach governments."""


for group in (
    content.content,
    counts.counts,
    database.database,
    doctor.doctor,
    export.export,
    inbound.inbound,
    letter.letter,
    letters.letters,
    messages.messages,
    ministries.ministries,
    prepare.prepare,
    run.run,
    work.worker,
):
    commands.add_command(group)

for command in (
    ministry_import.import_file,
    ministry_pace.set_pace,
    ministry_pace.digest,
    ministry_pace.pause,
    ministry_pace.resume,
):
    ministries.ministries.add_command(command)

export.export.add_command(pack.pack)


def main() -> None:
    """Run the command; what is wrong is said in plain sentences, without a trace."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        commands.main(standalone_mode=False)
    except CampaignError as error:
        sys.exit("\n".join(f"campaign: {line}" for line in str(error).splitlines()))
    except (DBAPIError, ArgumentError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        sys.exit(
            f"campaign: the database cannot be used: {reason}\n"
            "campaign: is it there, is the address right, and was campaign prepare run?"
        )
    except CommandError as error:
        sys.exit(f"campaign: {error}")
    except OSError as error:
        sys.exit(f"campaign: {error.filename or 'output'}: {error.strerror or error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
