"""`campaign letters`: letters on paper, to be posted or handed over."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from campaign.cli.house import BY, CAMPAIGN, chosen, house
from campaign.domain.delivery import InboundKind
from campaign.domain.government import iso_code
from campaign.domain.letter import LetterState
from campaign.errors import NoLongerPossible, NotFound, UnacceptableText, Unprintable
from campaign.services.answers import forget_message, pass_on, set_aside
from campaign.services.deciding import (
    Ruling,
    Verdict,
    decide_daily,
    decide_one,
    mark_posted,
    note_printed,
)
from campaign.store import digests, paper
from campaign.store import inbound as inbound_store
from campaign.store import letters as store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.factory import House
    from campaign.pdf import PrintedLetter
    from campaign.store.rows import LetterRow

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
        campaign_id = chosen(made, session, slug).campaign_id
        rows = paper.to_print(session, campaign_id, code, states, limit)
        made.press.letters(_printable(made, session, rows, printed), out)
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


_KINDS = {
    InboundKind.DOUBTFUL: "; say whether it is an answer (pass-on, set-aside)",
    InboundKind.NO_ANSWER: "; no answer",
}


@letters.command()
@click.option("--limit", default=200, type=click.IntRange(1), show_default=True)
def answers(limit: int) -> None:
    """List answers to letters, and messages that fit no letter; the newest first."""
    with house() as made, made.database.reading() as session:
        for row in inbound_store.kept(session, limit):
            about = f"letter {row.letter_id}" if row.letter_id else "fits no letter"
            kind = _KINDS.get(row.kind, "")
            click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M} UTC  {about}{kind}")


@letters.command()
@click.argument("inbound_id", type=click.UUID)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def answer(inbound_id: UUID, output: Path) -> None:
    """Write one of them as it came in, with its files, for a mail program to open."""
    with house() as made, made.database.reading() as session:
        row = inbound_store.find(session, inbound_id)
        if row is None or row.sealed is None:
            raise click.UsageError(f"there is no message {inbound_id}")
        wire = made.vault.open_inbound(row.id, row.sealed)
        shown = made.vault.open_answer(row.id, row.shown) if row.shown else None
    unfinished = output.with_name(f"{output.name}.part")
    try:
        with _private_file(unfinished) as out:
            out.write(wire)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"It is in {output}.")
    if shown and shown.truncated:
        click.echo(
            "It is long, so pages and mails show only its beginning; the file has all of it."
        )


@letters.command("pass-on")
@click.argument("inbound_id", type=click.UUID)
@BY
def pass_on_answer(inbound_id: UUID, by: str) -> None:
    """Count a message in doubt as an answer, and mail it to who wrote the letter."""
    with _message_in_doubt(inbound_id) as (made, session):
        pass_on(session, made.vault, inbound_id, by, made.clock())
    click.echo("It counts as an answer and is passed on.")


@letters.command("set-aside")
@click.argument("inbound_id", type=click.UUID)
@BY
def set_answer_aside(inbound_id: UUID, by: str) -> None:
    """File a message in doubt as no answer. It stays under its letter, and off her page."""
    with _message_in_doubt(inbound_id) as (made, session):
        set_aside(session, inbound_id, by, made.clock())
    click.echo("It is filed as no answer.")


@contextmanager
def _message_in_doubt(inbound_id: UUID) -> Iterator[tuple[House, Session]]:
    with house() as made, made.database.writing() as session:
        try:
            yield made, session
        except NotFound:
            raise click.UsageError(f"no message {inbound_id} belongs to a letter") from None
        except NoLongerPossible as error:
            raise click.UsageError(f"this message is in no doubt ({error})") from None


@letters.command()
@click.argument("inbound_id", type=click.UUID)
@BY
def forget(inbound_id: UUID, by: str) -> None:
    """Delete what one of them says, for good: junk, or what somebody asks to be deleted."""
    with house() as made, made.database.writing() as session:
        try:
            forget_message(session, inbound_id, by, made.clock())
        except NotFound:
            raise click.UsageError(f"there is no message {inbound_id}") from None
    click.echo("It is deleted.")
