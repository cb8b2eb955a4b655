"""`campaign letters`: printing letters, and decisions about those that the worker cannot settle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from campaign.cli.options import by_option, campaign_option, open_container, select_campaign
from campaign.delivery.decide import (
    DecisionKind,
    ManualDecision,
    decide_digest,
    decide_one,
    log_printed,
    mark_posted,
)
from campaign.delivery.queries import digests
from campaign.errors import InvalidText, MissingGlyphs, NoLongerPossible, NotFound
from campaign.letters.queries import letters as store, printable
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import parse_recipient_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.letters.rows import LetterRow
    from campaign.printing.renderer import PrintedLetter

MAX_LETTERS = 1_000


@click.group()
def letters() -> None:
    """Work with the letters that supporters asked to be sent."""


@letters.command("print")
@campaign_option
@click.option("--recipient", "typed", required=True, help="Such as GR/foreign-affairs.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in printable.PRINTABLE]),
    default=[LetterState.WAITING.value, LetterState.QUEUED.value],
    show_default=True,
    help="May be given several times.",
)
@click.option("--limit", default=MAX_LETTERS, type=click.IntRange(1), show_default=True)
@click.option("--mark", is_flag=True, help="They are posted: do not send them by e-mail too.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@by_option
def print_letters(
    slug: str, typed: str, states: list[str], limit: int, mark: bool, output: Path, by: str
) -> None:
    """Print letters to one recipient into one PDF file, oldest first."""
    key = parse_recipient_key(typed)
    unfinished = output.with_name(f"{output.name}.part")
    with open_container() as container:
        container.database.must_have_no_pending_restore()
        try:
            printed = _print_to(
                container, unfinished, slug, key, [*map(LetterState, states)], limit
            )
            if not printed:
                raise click.ClickException("There is no such letter that can be printed.")
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)
        with container.database.writing() as session:
            log_printed(session, by, key, len(printed), container.clock())
        click.echo(f"{len(printed)} letters to {key} are in {output}.")
        if mark:
            with container.database.writing() as session:
                marked = mark_posted(session, by, key, printed, container.clock())
            click.echo(f"{marked} of them are not sent by e-mail any more.")


def _print_to(
    container: Container, path: Path, slug: str, key: str, states: list[LetterState], limit: int
) -> dict[UUID, datetime]:
    """Write a file that only its owner can read; return the letters in it and when each changed."""
    printed: dict[UUID, datetime] = {}
    with container.database.reading() as session, _private_file(path) as out:
        loaded = select_campaign(container, session, slug)
        if key not in recipients.all_keys(session):
            raise click.UsageError(f"{key} is no recipient known here")
        rows = printable.iter_printable(session, loaded.campaign_id, key, states, limit)
        title, language = container.letter_builder.file_title(
            loaded.campaign, recipients.get(session, key)
        )
        container.pdf_renderer.render_letters(
            _printable(container, session, rows, printed), out, title, language
        )
    return printed


def _private_file(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _printable(
    container: Container, session: Session, rows: Iterator[LetterRow], printed: dict[UUID, datetime]
) -> Iterator[PrintedLetter]:
    """Yield the letters that can be printed and record their ids; report the others and why."""
    for row in rows:
        try:
            letter = container.letter_builder.build(session, row)
            container.pdf_renderer.require_printable(letter)
        except NotFound as error:
            raise click.ClickException(f"{error} (campaign recipients verify --postal)") from None
        except MissingGlyphs as error:
            click.echo(f"letter {row.id} is left out: {error}", err=True)
            continue
        printed[row.id] = row.changed_at
        yield letter


@letters.command()
def uncertain() -> None:
    """List letters of which it is not known whether they arrived."""
    with open_container() as container, container.database.reading() as session:
        for row in store.uncertain_letters(session):
            daily = digests.last_digest_of(session, row.id)
            together = f"  in daily mail {daily}" if daily else ""
            since = f"since {row.changed_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"{row.id}  {row.recipient}  {since}{together}")


_REASON = click.option("--reason", required=True, help="Why; kept with the letter.")


@letters.command()
@click.argument("message_id", type=click.UUID)
@_REASON
@by_option
def release(message_id: UUID, reason: str, by: str) -> None:
    """Send an uncertain letter, or those of a daily mail, again. They may arrive twice."""
    click.echo(
        f"{_decide(message_id, ManualDecision(DecisionKind.RELEASE, by, reason))} queued again."
    )


@letters.command()
@click.argument("message_id", type=click.UUID)
@_REASON
@by_option
def drop(message_id: UUID, reason: str, by: str) -> None:
    """Do not send an uncertain letter, or those of a daily mail, again."""
    click.echo(
        f"{_decide(message_id, ManualDecision(DecisionKind.DROP, by, reason))} not sent again."
    )


def _decide(message_id: UUID, ruling: ManualDecision) -> str:
    """Decide about a letter, or about all letters of a daily mail; return how many, in words."""
    with open_container() as container, container.database.writing() as session:
        try:
            if store.find(session, message_id) is not None:
                decide_one(session, message_id, ruling, container.clock())
                return "1 letter is"
            count = decide_digest(session, message_id, ruling, container.clock())
        except NotFound:
            raise click.UsageError(f"there is no letter {message_id}") from None
        except NoLongerPossible as error:
            raise click.UsageError(f"this letter is {error}, not uncertain") from None
        except InvalidText:
            raise click.UsageError(
                "say in --reason why and in --by who, each in one line"
            ) from None
        return f"{count} letters are"
