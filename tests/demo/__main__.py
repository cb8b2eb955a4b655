"""`python -m tests.demo --port 8000`: make instance-demo anew and fill it (`make demo`)."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from campaign.operations.commands.run import HOST, check_port_is_free
from campaign.settings.settings import BASE_DIR
from tests.demo.filling import Numbers, fill

if TYPE_CHECKING:
    from pathlib import Path

INSTANCE = BASE_DIR / "instance-demo"
MARK = "made-by-make-demo"
"""A file in the folder: without it, the folder is somebody's, and is not deleted."""

WHAT_TO_LOOK_AT = """
Everybody in it is made up, and nothing was sent. In the console, whose address follows, look at

  All campaigns    what needs attention in two campaigns; each has a dashboard with curves
  Signatures       some are held: by an editor, or since a script signed on the twentieth day
  Letters          accepted, bounced, refused, answered, printed; uncertain ones to decide
  News             a mail to those who asked for it
  Campaigns        a draft that lacks one German text; a translator is invited to write it
  Log              who did what

The mailbox has the newest mails, and their links work.
"""


@click.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65534))
def demo(port: int) -> None:
    """Make the folder anew and fill it; the site on that port is to run in it."""
    for number in (port, port + 1):
        check_port_is_free(number)
    make_anew(INSTANCE)
    fill(INSTANCE, f"http://{HOST}:{port}", Numbers(), datetime.now(UTC), click.echo)
    click.echo(WHAT_TO_LOOK_AT)


def make_anew(folder: Path) -> None:
    """Delete what an earlier demonstration left there, and nothing else."""
    mark = folder / MARK
    if folder.is_symlink() or (folder.exists() and not mark.is_file()):
        raise click.ClickException(f"{folder} was not made by make demo; move it out of the way.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    mark.touch()


if __name__ == "__main__":
    demo()
