"""`campaign watch`: say whether mail leaves, and call the organisers when it does not."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import OperationalError

from campaign.cli.container import house
from campaign.container import create_outage, create_watch
from campaign.errors import RestoreUnsettled

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import House


@click.command()
@click.option("--every", type=click.IntRange(1), help="Go on, and look again in so many seconds.")
@click.pass_context
def watch(context: click.Context, every: int | None) -> None:
    """Say in a line whether mail leaves: exits with 0 if it does and with 1 if not.

    If not, it mails the organisers, past the queue: once in six hours at most, and once
    more when mail leaves again. When the database is down, it mails the operator's contact.
    Run it from a timer, or with --every.
    """
    ended: Callable[[float], bool] = context.obj or threading.Event().wait
    with house() as made:
        is_fine = _look(made)
        while every and not ended(every):
            is_fine = _look(made)
    sys.exit(not is_fine)


def _look(made: House) -> bool:
    try:
        standing = create_watch(made).look(made.clock())
    except OperationalError:
        click.echo("STANDING STILL: the database does not answer")
        # It may have been a moment's fault of one statement.
        if not made.database.answers():
            create_outage(made).begins_or_goes_on(made.clock())
        return False
    except RestoreUnsettled as error:
        click.echo(f"STANDING STILL: {error}")
        return False
    create_outage(made).is_over(made.clock())
    click.echo(standing.line)
    return standing.is_fine
