"""The `campaign` command."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import cast

import click
from sqlalchemy.exc import ArgumentError, DBAPIError

from campaign import logs
from campaign.diskspace import is_disk_full
from campaign.errors import CampaignError
from campaign.memory import give_back, leave_loaded_alone
from campaign.version import running

# Each by its file and its name there; first the command, then what is under it beside its own.
_FILES = {
    "attack": ("attack:attack",),
    "backup": ("backup:backup",),
    "breach-report": ("breach_report:breach_report",),
    "content": ("content:content",),
    "counts": ("counts:counts",),
    "database": ("database:database",),
    "doctor": ("doctor:doctor",),
    "export": ("export:export", "pack:pack"),
    "identity": ("identity:identity",),
    "inbound": ("inbound:inbound",),
    "keys": ("keys:keys",),
    "letter": ("letter:letter",),
    "letters": (
        *("letters:letters", "letter_answers:answers", "letter_answers:answer"),
        *("letter_answers:pass_on_answer", "letter_answers:set_answer_aside"),
        *("letter_answers:file_message", "letter_answers:forget"),
    ),
    "log": ("log:log",),
    "messages": ("messages:messages",),
    "metrics": ("metrics:metrics",),
    "ministries": (
        *("ministries:ministries", "ministry_import:import_file", "ministry_pace:set_pace"),
        *("ministry_pace:digest", "ministry_pace:pause", "ministry_pace:resume"),
    ),
    "news": ("news:news",),
    "organiser": ("organiser:organiser",),
    "prepare": ("prepare:prepare",),
    "restore": ("backup:restore",),
    "retention": ("retention:retention",),
    "run": ("run:run",),
    "signatures": (
        *("signatures:signatures", "signature_changes:invalidate", "signature_changes:restore"),
        *("signature_changes:hold", "signature_changes:release"),
        *("signature_rules:invalidate_where", "signature_rules:release_where"),
        "signature_rules:drop_where",
        *("signature_rules:listing", "signature_rules:stop", "signature_rules:resume"),
        "signature_rules:undo",
    ),
    "trial": ("trial:trial",),
    "watch": ("watch:watch",),
    "worker": ("work:worker",),
}


class _LoadedLate(click.Group):
    """Loads the files of the command that is asked for: all of them take a fifth of a second."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_FILES)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _FILES:
            return None
        command, *below = map(_load, _FILES[name])
        for one in below:
            cast("click.Group", command).add_command(one)
        return command


def _load(place: str) -> click.Command:
    file, name = place.split(":")
    return cast("click.Command", getattr(import_module(f"{__name__}.{file}"), name))


def _say_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"campaign {running()}")
        context.exit()


@click.group(cls=_LoadedLate)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    help="Say which version this is, and of which commit.",
)
def commands() -> None:
    """Open letters that reach governments."""


def main() -> None:
    """Run the command; what is wrong is said in plain sentences, without a trace."""
    give_back()
    leave_loaded_alone()
    logs.set_up()
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
