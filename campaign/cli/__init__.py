"""The `campaign` command."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import ArgumentError, DBAPIError

from campaign import logs
from campaign.cli import (
    attack,
    backup,
    breach_report,
    content,
    counts,
    database,
    doctor,
    export,
    inbound,
    keys,
    letter,
    letters,
    log,
    messages,
    metrics,
    ministries,
    ministry_import,
    ministry_pace,
    news,
    organiser,
    pack,
    prepare,
    retention,
    run,
    signature_changes,
    signature_rules,
    signatures,
    watch,
    work,
)
from campaign.errors import CampaignError
from campaign.memory import give_back


@click.group()
def commands() -> None:
    """Open letters that reach governments."""


for group in (
    attack.attack,
    backup.backup,
    backup.restore,
    breach_report.breach_report,
    content.content,
    counts.counts,
    database.database,
    doctor.doctor,
    export.export,
    inbound.inbound,
    keys.keys,
    letter.letter,
    letters.letters,
    log.log,
    messages.messages,
    metrics.metrics,
    ministries.ministries,
    news.news,
    organiser.organiser,
    prepare.prepare,
    retention.retention,
    run.run,
    signatures.signatures,
    watch.watch,
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


for command in (
    signature_changes.invalidate,
    signature_changes.restore,
    signature_changes.hold,
    signature_changes.release,
    signature_rules.invalidate_where,
    signature_rules.release_where,
    signature_rules.listing,
    signature_rules.stop,
    signature_rules.resume,
    signature_rules.undo,
):
    signatures.signatures.add_command(command)


def main() -> None:
    """Run the command; what is wrong is said in plain sentences, without a trace."""
    give_back()
    logs.set_up()
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
    except OSError as error:
        sys.exit(f"campaign: {error.filename or 'output'}: {error.strerror or error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
