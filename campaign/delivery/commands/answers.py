"""`campaign letters answers|answer|pass-on|set-aside|file|forget`: answers that came in."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, open_container, select_campaign
from campaign.delivery.answers import accept_answer, erase_message_content, reject_answer
from campaign.delivery.file_inbound import InboundFiler
from campaign.delivery.queries import inbound
from campaign.delivery.rules.delivery import InboundKind
from campaign.delivery.sealing import unseal_answer, unseal_inbound
from campaign.errors import NoLongerPossible, NotFound
from campaign.store.private_files import create_private_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.delivery.rows import InboundRow

_KINDS = {
    InboundKind.DOUBTFUL: "; say whether it is an answer (pass-on, set-aside)",
    InboundKind.NO_ANSWER: "; no answer",
}


_NOT_FILED = {
    "filed": "this message is filed under a letter already",
    "deleted": "this letter was deleted, so nothing is kept that answers it",
    "erased": "this campaign’s data was erased at the end of its time, so nothing is added to it",
}


@click.command()
@click.option("--limit", default=200, type=click.IntRange(1), show_default=True)
def answers(limit: int) -> None:
    """List answers to letters, and messages that fit no letter, newest first."""
    with open_container() as container, container.database.reading() as session:
        slugs = {one.campaign_id: one.slug for one in container.campaign_cache.all(session)}
        for row in inbound.latest(session, limit):
            kind = _KINDS.get(row.kind, "")
            about = _filed_under(row, slugs)
            click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M} UTC  {about}{kind}")


def _filed_under(row: InboundRow, slugs: Mapping[int, str]) -> str:
    if row.letter_id:
        return f"letter {row.letter_id}"
    if row.digest_id:
        return f"daily mail {row.digest_id}"
    if row.campaign_id:
        return f"campaign {slugs[row.campaign_id]}"
    return "fits no letter; say what it answers (file), or forget it"


@click.command()
@click.argument("inbound_id", type=click.UUID)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def answer(inbound_id: UUID, output: Path) -> None:
    """Write a message as it came in, with its attachments, to a file for a mail program."""
    with open_container() as container, container.database.reading() as session:
        row = inbound.find(session, inbound_id)
        if row is None or row.sealed is None:
            raise click.UsageError(f"there is no message {inbound_id}")
        wire = unseal_inbound(container.keyring, row.id, row.sealed)
        shown = unseal_answer(container.keyring, row.id, row.content) if row.content else None
    unfinished = output.with_name(f"{output.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with create_private_file(unfinished) as out:
            out.write(wire)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"It is in {output}.")
    if shown and shown.truncated:
        click.echo(
            "It is long, so pages and mails show only its beginning; the file has all of it."
        )


@click.command("pass-on")
@click.argument("inbound_id", type=click.UUID)
@by_option
def pass_on_answer(inbound_id: UUID, by: str) -> None:
    """Count a message in doubt as an answer, and mail it to the supporter who wrote the letter."""
    with _message_in_doubt(inbound_id) as (container, session):
        accept_answer(session, container.keyring, inbound_id, by, container.clock())
    click.echo("It counts as an answer and is passed on.")


@click.command("set-aside")
@click.argument("inbound_id", type=click.UUID)
@by_option
def set_answer_aside(inbound_id: UUID, by: str) -> None:
    """File a message in doubt as no answer. It stays under its letter, but off her private page."""
    with _message_in_doubt(inbound_id) as (container, session):
        reject_answer(session, inbound_id, by, container.clock())
    click.echo("It is filed as no answer.")


@contextmanager
def _message_in_doubt(inbound_id: UUID) -> Iterator[tuple[Container, Session]]:
    with open_container() as container, container.database.writing() as session:
        try:
            yield container, session
        except NotFound:
            raise click.UsageError(f"no message {inbound_id} belongs to a letter") from None
        except NoLongerPossible as error:
            raise click.UsageError(f"this message is in no doubt ({error})") from None


@click.command("file")
@click.argument("inbound_id", type=click.UUID)
@click.option("--under", "number", type=click.UUID, help="A letter’s number, or a daily mail’s.")
@click.option("--campaign", "slug", default="", help="Instead: a campaign as a whole.")
@by_option
def file_message(inbound_id: UUID, number: UUID | None, slug: str, by: str) -> None:
    """File a message that fits no letter under what it answers.

    Under a letter it counts as an answer and is mailed to the supporter who wrote the letter.
    Under a daily mail or a campaign it stays with the organisers, until the campaign’s data is
    erased.
    """
    if (number is None) == (not slug):
        raise click.UsageError("say either --under or --campaign")
    with open_container() as container, container.database.writing() as session:
        filer = InboundFiler(container.keyring, container.campaign_cache, by)
        try:
            if number is None:
                loaded = select_campaign(container, session, slug)
                filer.file_under_campaign(session, inbound_id, loaded, container.clock())
                said = f"campaign {loaded.slug}"
            else:
                said = filer.file_under(session, inbound_id, number, container.clock())
        except NotFound as error:
            raise click.UsageError(f"there is no message, letter or daily mail {error}") from None
        except NoLongerPossible as error:
            raise click.UsageError(_NOT_FILED[str(error)]) from None
    click.echo(f"It is filed under {said}.")


@click.command()
@click.argument("inbound_id", type=click.UUID)
@by_option
def forget(inbound_id: UUID, by: str) -> None:
    """Permanently delete a message’s content: junk, or what somebody asks to be deleted."""
    with open_container() as container, container.database.writing() as session:
        try:
            erase_message_content(session, inbound_id, by, container.clock())
        except NotFound:
            raise click.UsageError(f"there is no message {inbound_id}") from None
    click.echo("It is deleted.")
