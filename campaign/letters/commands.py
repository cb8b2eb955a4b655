"""`campaign letters`: letters on paper, to be posted or handed over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from campaign.cli.container import BY, CAMPAIGN, chosen, house
from campaign.delivery.decide import (
    Ruling,
    Verdict,
    decide_daily,
    decide_one,
    mark_posted,
    note_printed,
)
from campaign.delivery.queries import digests
from campaign.errors import NoLongerPossible, NotFound, UnacceptableText, Unprintable
from campaign.letters.queries import letters as store, paper
from campaign.letters.rules.letter import LetterState
from campaign.recipients.rules.government import iso_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import House
    from campaign.letters.rows import LetterRow
    from campaign.printing.renderer import PrintedLetter

MOST = 1_000


@click.group()
def letters() -> None:
    """Work with the letters that supporters asked to be sent."""


@letters.command("print")
@CAMPAIGN
@click.option("--government", required=True, help="Its code, such as GR.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in paper.PRINTABLE]),
    default=[LetterState.WAITING.value, LetterState.QUEUED.value],
    show_default=True,
    help="May be given several times.",
)
@click.option("--limit", default=MOST, type=click.IntRange(1), show_default=True)
@click.option("--mark", is_flag=True, help="They are posted: do not send them by e-mail too.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@BY
def print_letters(
    slug: str, government: str, states: list[str], limit: int, mark: bool, output: Path, by: str
) -> None:
    """Print letters to one ministry into one PDF file, the oldest first."""
    code = iso_code(government)
    unfinished = output.with_name(f"{output.name}.part")
    with house() as made:
        made.database.must_be_settled()
        try:
            printed = _print_to(made, unfinished, slug, code, [*map(LetterState, states)], limit)
            if not printed:
                raise click.ClickException("There is no such letter that can be printed.")
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)
        with made.database.writing() as session:
            note_printed(session, by, code, len(printed), made.clock())
        click.echo(f"{len(printed)} letters to {code} are in {output}.")
        if mark:
            with made.database.writing() as session:
                marked = mark_posted(session, by, code, printed, made.clock())
            click.echo(f"{marked} of them are not sent by e-mail any more.")


def _print_to(
    made: House, path: Path, slug: str, code: str, states: list[LetterState], limit: int
) -> dict[UUID, datetime]:
    """Write a file for its owner's eyes; return which letters are in it, and as of when."""
    printed: dict[UUID, datetime] = {}
    with made.database.reading() as session, _private_file(path) as out:
        shelved = chosen(made, session, slug)
        rows = paper.to_print(session, shelved.campaign_id, code, states, limit)
        title, language = made.typesetter.title(shelved.campaign, code)
        made.press.letters(_printable(made, session, rows, printed), out, title, language)
    return printed


def _private_file(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _printable(
    made: House, session: Session, rows: Iterator[LetterRow], printed: dict[UUID, datetime]
) -> Iterator[PrintedLetter]:
    """Yield what can be printed and note its id; say what cannot, and why."""
    for row in rows:
        try:
            letter = made.typesetter.printed(session, row)
            made.press.refuse_boxes(letter)
        except NotFound as error:
            raise click.ClickException(f"{error} (campaign ministries verify --postal)") from None
        except Unprintable as error:
            click.echo(f"letter {row.id} is left out: {error}", err=True)
            continue
        printed[row.id] = row.changed_at
        yield letter


@letters.command()
def uncertain() -> None:
    """List letters of which nobody knows whether they arrived."""
    with house() as made, made.database.reading() as session:
        for row in store.uncertain(session):
            daily = digests.last_of(session, row.id)
            together = f"  in daily mail {daily}" if daily else ""
            since = f"since {row.changed_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"{row.id}  {row.government}  {since}{together}")


_REASON = click.option("--reason", required=True, help="Why; kept with the letter.")


@letters.command()
@click.argument("message_id", type=click.UUID)
@_REASON
@BY
def release(message_id: UUID, reason: str, by: str) -> None:
    """Send an uncertain letter, or those of a daily mail, again. They may arrive twice."""
    click.echo(f"{_decide(message_id, Ruling(Verdict.RELEASE, by, reason))} queued again.")


@letters.command()
@click.argument("message_id", type=click.UUID)
@_REASON
@BY
def drop(message_id: UUID, reason: str, by: str) -> None:
    """Do not send an uncertain letter, or those of a daily mail, again."""
    click.echo(f"{_decide(message_id, Ruling(Verdict.DROP, by, reason))} not sent again.")


@letters.command()
@click.argument("letter_id", type=click.UUID)
@_REASON
@BY
def retry(letter_id: UUID, reason: str, by: str) -> None:
    """Queue a letter again that was refused or bounced, after its address was put right."""
    click.echo(f"{_decide(letter_id, Ruling(Verdict.RETRY, by, reason))} queued again.")


def _decide(message_id: UUID, ruling: Ruling) -> str:
    """Decide about a letter, or about all that left in a daily mail; say about how many."""
    with house() as made, made.database.writing() as session:
        try:
            if store.find(session, message_id) is not None:
                decide_one(session, message_id, ruling, made.clock())
                return "1 letter is"
            count = decide_daily(session, message_id, ruling, made.clock())
        except NotFound:
            raise click.UsageError(f"there is no letter {message_id}") from None
        except NoLongerPossible as error:
            wanted = "failed" if ruling.verdict is Verdict.RETRY else "uncertain"
            raise click.UsageError(f"this letter is {error}, not {wanted}") from None
        except UnacceptableText:
            raise click.UsageError(
                "say in --reason why and in --by who, each in one line"
            ) from None
        return f"{count} letters are"
