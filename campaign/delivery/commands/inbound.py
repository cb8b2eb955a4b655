"""`campaign inbound`: take in one message, a Maildir's messages, or all over LMTP."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.cli.options import open_container
from campaign.delivery.inbound import InboundMailService
from campaign.errors import RestorePending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

MAX_MESSAGE_BYTES = 10_000_000
"""Maximum size of a message, in bytes; more is refused, so that its sender learns of it."""


@click.command()
@click.option("--to", default="", help="The envelope's recipient, as the mail server knows it.")
@click.option(
    "--maildir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take in every new message of this Maildir, instead of one on standard input.",
)
@click.option(
    "--serve",
    type=click.Path(path_type=Path),
    help="Take in what a mail server brings to this Unix socket over LMTP, until stopped.",
)
def inbound(to: str, maildir: Path | None, serve: Path | None) -> None:
    """Take in reports and answers: one message on standard input, a Maildir's, or over LMTP."""
    if serve is None:
        sys.exit(_receive_now(to, maildir))
    if to or maildir:
        raise click.UsageError("--serve takes neither --to nor --maildir")
    # Imported here, not above: otherwise each piped message would have to wait for it.
    from campaign.delivery.commands.inbound_lmtp import serve as serve_at  # noqa: PLC0415

    with open_container() as container:
        serve_at(container, serve, MAX_MESSAGE_BYTES)


def _receive_now(to: str, maildir: Path | None) -> int:
    """Take in what is there now; return an exit code that a mail server understands."""
    worst = 0
    try:
        with open_container() as container:
            if maildir is None:
                worst = _receive(container, sys.stdin.buffer.read(MAX_MESSAGE_BYTES + 1), to)
            else:
                for path in _new(maildir):
                    worst = max(worst, _from_maildir(container, path, maildir, to))
    except click.ClickException:
        raise
    except Exception as error:  # noqa: BLE001 - the mail server keeps it and retries
        worst = _report_failure(error)
    return worst


def _from_maildir(container: Container, path: Path, maildir: Path, to: str) -> int:
    """Take in one message and return its exit code.

    One that fails stays for the next run, and does not hold up the others.
    """
    click.echo(f"{path.name}: ", nl=False)
    try:
        with path.open("rb") as file:
            code = _receive(container, file.read(MAX_MESSAGE_BYTES + 1), to)
        _seen(path, maildir)
    except Exception as error:  # noqa: BLE001 - one message must not stop the others
        return _report_failure(error)
    return code


def _receive(container: Container, wire: bytes, to: str) -> int:
    if len(wire) > MAX_MESSAGE_BYTES:
        click.echo(
            f"campaign: a message of more than {MAX_MESSAGE_BYTES} bytes is refused", err=True
        )
        # Postfix's pipe(8) reads exit codes of sysexits.h: this one refuses the message for good.
        return os.EX_DATAERR
    inbound_service = InboundMailService(
        container.keyring, container.tokens, container.settings.operator
    )
    with container.database.writing() as session:
        said = inbound_service.receive(session, wire, to, container.clock())
    click.echo(said)
    return 0


def _report_failure(error: Exception) -> int:
    if isinstance(error, RestorePending):
        click.echo(f"campaign: {error}", err=True)
        return os.EX_TEMPFAIL
    # Only the place: an error's text may quote the message.
    place = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(f"campaign: {type(error).__name__} in {place.name}; try again later", err=True)
    return os.EX_TEMPFAIL


def _new(maildir: Path) -> Iterator[Path]:
    yield from sorted(path for path in (maildir / "new").iterdir() if path.is_file())


def _seen(path: Path, maildir: Path) -> None:
    """Move a message to `cur`, marked as seen. If it is delivered again, it changes nothing."""
    (maildir / "cur").mkdir(exist_ok=True)
    path.replace(maildir / "cur" / f"{path.name}:2,S")
