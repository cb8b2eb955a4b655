"""The `campaign` command."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import cast

import click
from sqlalchemy.exc import ArgumentError, DBAPIError

from campaign import logs
from campaign.errors import CampaignError
from campaign.memory import freeze_gc
from campaign.store.disk_space import is_disk_full
from campaign.version import running_version

# By module and name: first the command, then the subcommands that other modules add to it.
_LAZY_COMMANDS = {
    "attack": ("moderation.commands:attack",),
    "backup": ("backup.commands:backup",),
    "breach-report": ("privacy.commands:breach_report",),
    "content": ("campaigns.commands.content:content",),
    "counts": ("signatures.commands:counts",),
    "database": ("operations.commands.database:database",),
    "doctor": ("operations.commands.doctor:doctor",),
    "export": ("exports.commands:export", "exports.commands:pack"),
    "identity": ("signatures.commands:identity",),
    "inbound": ("delivery.commands.inbound:inbound",),
    "keys": ("privacy.commands:keys",),
    "letters": (
        *("letters.commands:letters", "delivery.commands.answers:answers"),
        "delivery.commands.answers:forget",
    ),
    "messages": ("language.commands:messages",),
    "metrics": ("operations.commands.metrics:metrics",),
    "organiser": ("organisers.commands:organiser",),
    "prepare": ("operations.commands.prepare:prepare",),
    "recipients": (
        *(
            "recipients.commands.recipients:recipients",
            "recipients.commands.import_file:import_file",
            "recipients.commands.import_file:apply_file",
            "recipients.commands.import_file:export_file",
            "recipients.commands.pace:set_pace",
        ),
        *(
            "recipients.commands.pace:digest",
            "recipients.commands.pace:pause",
            "recipients.commands.pace:resume",
        ),
    ),
    "restore": ("backup.commands:restore",),
    "retention": ("privacy.commands:retention",),
    "run": ("operations.commands.run:run",),
    "trial": ("moderation.commands:trial",),
    "watch": ("operations.commands.watch:watch",),
    "worker": ("delivery.commands.worker:worker",),
}


class _LazyGroup(click.Group):
    """A group that imports only the requested command: importing all takes a fifth of a second."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_LAZY_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _LAZY_COMMANDS:
            return None
        command, *below = map(_load, _LAZY_COMMANDS[name])
        for one in below:
            cast("click.Group", command).add_command(one)
        return command


def _load(place: str) -> click.Command:
    file, name = place.split(":")
    return cast("click.Command", getattr(import_module(f"campaign.{file}"), name))


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"campaign {running_version()}")
        context.exit()


@click.group(cls=_LazyGroup)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Say which version this is, and of which commit.",
)
def commands() -> None:
    """Open letters that reach governments."""


def main() -> None:
    """Run the command; errors are reported in plain sentences, without a traceback."""
    freeze_gc()
    logs.configure()
    try:
        commands.main(standalone_mode=False)
    except CampaignError as error:
        sys.exit("\n".join(f"campaign: {line}" for line in str(error).splitlines()))
    except (DBAPIError, ArgumentError) as error:
        if is_disk_full(error):
            sys.exit("campaign: the database's disk is full: make room there and try again")
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
