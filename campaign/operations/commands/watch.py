"""`campaign watch`: check whether mail is sent, and alert the organisers if it is not."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import OperationalError

from campaign.cli.options import open_container
from campaign.errors import RestorePending
from campaign.services import create_database_down_alert, create_health_alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container


@click.command()
@click.option("--every", type=click.IntRange(1), help="Go on, and look again in so many seconds.")
@click.pass_context
def watch(context: click.Context, every: int | None) -> None:
    """Print in one line whether mail is sent: exits with 0 if it is and with 1 if not.

    If not, it mails the organisers, bypassing the queue: at most once in six hours, and once more
    when mail is sent again. When the database is down, it mails the operator's contact. Run it from
    a timer, or with --every.
    """
    ended: Callable[[float], bool] = context.obj or threading.Event().wait
    with open_container() as container:
        is_fine = _check_once(container)
        while every and not ended(every):
            is_fine = _check_once(container)
    sys.exit(not is_fine)


def _check_once(container: Container) -> bool:
    try:
        standing = create_health_alert(container).check_and_alert(container.clock())
    except OperationalError:
        click.echo("STANDING STILL: the database does not answer")
        # It may have been a temporary fault of one statement.
        if not container.database.is_writable():
            create_database_down_alert(container).trigger(container.clock())
        return False
    except RestorePending as error:
        click.echo(f"STANDING STILL: {error}")
        return False
    create_database_down_alert(container).resolve(container.clock())
    click.echo(standing.summary)
    return standing.is_healthy
