"""`campaign news`: write to those who asked for news."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.cli.options import campaign_option, open_container, select_campaign
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.errors import AudienceGrew, InvalidFields, NoLongerPossible, NotFound
from campaign.mail.outgoing import format_readable
from campaign.news import queries, send as service
from campaign.news.rules import MAX_SUBJECT, MAX_TEXT, NewsState, NewsText
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.news.rows import NewsRow

_ERROR_MESSAGES = {
    "no-subject": "it is empty, or the campaign's default language is missing",
    "no-text": "it is empty",
    "too-long": f"a subject has room for {MAX_SUBJECT} characters and a text for {MAX_TEXT}",
    "too-many-marks": "there are too many accents on one letter",
    "encoded-word": "it has =? in it, which mail programs misread",
}

_NEWS = click.argument("news_id", metavar="ID", type=click.UUID)
_LANGUAGE = click.option("--language", required=True, help="Such as en.")
_BY = click.option("--by", default=getpass.getuser, help="Who does. [default: your login name]")


@click.group()
def news() -> None:
    """Write to those who asked for news: write, preview, test, send."""


@news.command()
@click.option("--subject", required=True)
@click.option(
    "--text-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@_LANGUAGE
@click.option("--add-to", type=click.UUID, help="The ID of a draft, for one more language.")
@_BY
@campaign_option
def write(
    subject: str, text_file: Path, language: str, add_to: UUID | None, by: str, slug: str
) -> None:
    """Store a draft, or its text in one more language. Nothing is sent."""
    with open_container() as container, container.database.writing() as session, _errors_as_usage():
        loaded = select_campaign(container, session, slug)
        texts = {language: NewsText(subject, _read(text_file))}
        if add_to:
            texts = _texts(queries.get(session, add_to)) | texts
            row = service.change_draft(session, loaded, add_to, texts)
        else:
            now = container.clock()
            row = service.add_draft(session, loaded, uuid7(now), texts, by, now)
        click.echo(f"{row.id} is a draft in {', '.join(sorted(row.texts))}.")


@news.command()
@_NEWS
@_LANGUAGE
@campaign_option
def preview(news_id: UUID, language: str, slug: str) -> None:
    """Show the mail exactly as it is sent to people who signed in that language."""
    with open_container() as container, container.database.reading() as session, _errors_as_usage():
        loaded = select_campaign(container, session, slug)
        mail = service.preview(
            session, container.mailer, loaded, news_id, language, container.clock()
        )
        click.echo(format_readable(mail.message))


@news.command()
@_NEWS
@_LANGUAGE
@campaign_option
def test(news_id: UUID, language: str, slug: str) -> None:
    """Send it to the organisers' own address and to nobody else."""
    with open_container() as container, container.database.writing() as session, _errors_as_usage():
        loaded = select_campaign(container, session, slug)
        service.send_test(session, loaded, news_id, language, container.clock())
        click.echo(f"It is queued for {container.settings.operator_contact}.")


@news.command()
@_NEWS
@click.option("--yes", is_flag=True, help="Do not ask.")
@_BY
@campaign_option
def send(news_id: UUID, yes: bool, by: str, slug: str) -> None:
    """Show how many people it goes to, ask, and let the workers send it."""
    with open_container() as container, _errors_as_usage():
        with container.database.reading() as session:
            loaded = select_campaign(container, session, slug)
            row = queries.get(session, news_id)
            counted = service.count_subscribers(session, loaded)
        shown = sum(counted.values())
        for language, people in counted.items():
            own = "" if language in row.texts else ", in the campaign's default language"
            click.echo(f"{language}  {people}{own}")
        if not yes:
            click.confirm(f"Send it to {shown} people?", abort=True)
        with container.database.writing() as session:
            service.require_unchanged(session, news_id, service.version_token(row))
            total = service.start_sending(session, loaded, news_id, shown, by, container.clock())
    click.echo(f"It leaves to {total} people. To stop it: campaign news stop {news_id}")


@news.command()
@_NEWS
@_BY
@campaign_option
def stop(news_id: UUID, by: str, slug: str) -> None:
    """Drop every mail that has not been sent."""
    with open_container() as container, container.database.writing() as session, _errors_as_usage():
        spared = service.stop_sending(
            session, select_campaign(container, session, slug), news_id, by, container.clock()
        )
    click.echo(f"Stopped: {spared} people do not get it.")


@news.command("list")
@campaign_option
def listing(slug: str) -> None:
    """List what was written, its progress, and how many mails have been sent."""
    with open_container() as container, container.database.reading() as session:
        for row in queries.list_of_campaign(
            session, select_campaign(container, session, slug).campaign_id
        ):
            subject = next(iter(row.texts.values()))["subject"]
            click.echo(f"{row.id}  {row.created_at:%Y-%m-%d}  {_progress(session, row)}  {subject}")


def _progress(session: Session, row: NewsRow) -> str:
    if row.state is NewsState.DRAFT:
        return f"draft in {', '.join(sorted(row.texts))}"
    left = queries.count_mails_by_state(session, row.id).get(OutgoingState.ACCEPTED, 0)
    return f"{row.state}: {left} of {row.total} have left"


def _texts(row: NewsRow) -> dict[str, NewsText]:
    return {language: NewsText(**text) for language, text in row.texts.items()}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is not a text in UTF-8") from None


@contextmanager
def _errors_as_usage() -> Iterator[None]:
    """Turn domain errors into usage errors with a sentence."""
    try:
        yield
    except InvalidFields as error:
        faults = [f"{field}: {_ERROR_MESSAGES[reason]}" for field, reason in error.reasons.items()]
        raise click.UsageError("\n".join(faults)) from None
    except NotFound as error:
        raise click.UsageError(f"there is no {error} in this campaign") from None
    except AudienceGrew as error:
        raise click.ClickException(
            f"{error}, clearly more than shown. Please look again."
        ) from None
    except NoLongerPossible as error:
        raise click.ClickException(f"This cannot be done: {_state(error)}.") from None


def _state(error: NoLongerPossible) -> str:
    word = str(error)
    return f"it is {word}" if word in set(NewsState) else word
