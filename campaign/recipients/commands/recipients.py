"""`campaign recipients`: list where letters go, and verify addresses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from campaign.cli.options import by_option, open_container
from campaign.container import create_pace
from campaign.delivery.pacing import expected_queue_end
from campaign.errors import InvalidText, NotFound
from campaign.letters.queries import waiting
from campaign.letters.queries.letters import count_queued_by_recipient, recipients_of_unsent
from campaign.organisers.rules.audit_log import MAX_BY, MAX_REASON
from campaign.recipients.directory_entries import MAX_POSTAL_LINE_LENGTH, MAX_POSTAL_LINES
from campaign.recipients.new_in_office import MAX_HOLDER_NAME, NewInOffice, enter_new_in_office
from campaign.recipients.queries import recipients as store
from campaign.recipients.queries.addresses import count_open_reports, list_open_reports
from campaign.recipients.rules.addresses import AddressStatus, Channel
from campaign.recipients.rules.recipient import parse_recipient_key
from campaign.recipients.sealing import open_contact_report
from campaign.recipients.verify import (
    AddressCheck,
    mark_wrong,
    verify as verify_email,
    verify_postal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.delivery.queries.claiming import SitePace
    from campaign.recipients.rows import AddressRow, RecipientRow

_ERROR_MESSAGES = {
    "no-address": "no address is known for this recipient; give one with --email or --postal",
    "not-an-address": "this is not a usable e-mail address",
    "too-long": f"--by has room for {MAX_BY} characters and --reason for {MAX_REASON}",
    "too-many-marks": "--by or --reason has too many accents on one letter",
    "encoded-word": "--by or --reason has =? in it, which mail programs misread",
    "too-many-lines": (
        f"an address has {MAX_POSTAL_LINES} lines of {MAX_POSTAL_LINE_LENGTH} characters"
    ),
    "closes-before-it-opens": "an office opens before it closes",
    "no-language": "--language is a code such as fr",
    "not-in-the-list": "this address is not in the list (campaign recipients list)",
    "no-zone": "--zone is a name such as Europe/Athens",
    "no-pause-reason": "say in --reason why",
    "needs-another-person": "whoever --by names has checked this address already; it counts as "
    "verified once another person has checked it, with her own name in --by",
    "no-day": "--since is a day that has come, such as 2026-11-24",
    "bad-name": "--name begins with a letter",
    "long-name": f"--name has room for {MAX_HOLDER_NAME} characters",
    "no-reason": "say in --reason how the address was checked, and in --by who did it",
}


@click.group()
def recipients() -> None:
    """Look at recipients and verify their addresses."""


@recipients.command("list")
@click.option("--all", "everybody", is_flag=True, help="The whole directory.")
def listing(everybody: bool) -> None:
    """List the recipients that campaigns write to, their addresses, and who checked them when.

    Those that letters wait for are in it, even if no campaign writes to them any more.
    """
    with open_container() as container, container.database.reading() as session:
        pace, queued = (
            create_pace(container, live=container.settings.live),
            count_queued_by_recipient(session),
        )
        reports = count_open_reports(session)
        written_to = container.written_to(container.campaign_cache.all(session))
        among = None if everybody else written_to | recipients_of_unsent(session)
        for row in store.search(session, store.RecipientSearch(among)):
            queue = _format_queue(row, queued.get(row.key, 0), pace, container.clock())
            click.echo(f"{row.key}  {row.name}{queue}")
            for address in row.addresses:
                click.echo(f"    {_format_address(address)}")
            if not any(one.channel is Channel.EMAIL for one in row.addresses):
                click.echo("    email   no address is known")
            if count := reports.get(row.key, 0):
                click.echo(
                    f"    {count} reports that a contact is wrong: "
                    f"campaign recipients reports {row.key}"
                )


_REASON = click.option("--reason", required=True, help="How it was checked; kept with it.")


@recipients.command()
@click.argument("recipient")
@click.option("--email", default="", help="The address, where another or none is known.")
@click.option("--postal", help="A postal address instead: its lines with ; between, or: known")
@click.option("--language", help="Of the letters that go to this e-mail address, such as fr.")
@_REASON
@by_option
def verify(
    recipient: str, email: str, postal: str | None, language: str | None, reason: str, by: str
) -> None:
    """Record that a person has checked where a recipient's letters go.

    With CAMPAIGN_VERIFIERS=2 an address counts as verified once two different people have
    checked it. If they share a login, each of them gives her own name with --by.
    """
    if email and postal:
        raise click.UsageError("--email and --postal are checked one after the other")
    with recipient_transaction(recipient) as (container, session, key):
        now = container.clock()
        check = AddressCheck(by, reason, container.settings.verifiers)
        if postal is None:
            row = verify_email(session, key, email, check, now=now, language=language)
            waiting.update_unverified_letters(session, live=container.settings.live, now=now)
        else:
            lines = [] if postal == "known" else postal.split(";")
            row = verify_postal(session, key, lines, check, now=now)
        said = f"{row.single_line} is {row.status} by {row.checked_by_text}"
    click.echo(f"{key}: {said}.")


@recipients.command()
@click.argument("recipient")
@click.option("--address", required=True, help="As `list` shows it.")
@_REASON
@by_option
def wrong(recipient: str, address: str, reason: str, by: str) -> None:
    """Mark an address as wrong. Nothing is sent there any more."""
    with recipient_transaction(recipient) as (container, session, key):
        check, now = AddressCheck(by, reason), container.clock()
        row = mark_wrong(session, key, address, check, now=now)
        waiting.update_unverified_letters(session, live=container.settings.live, now=now)
        address = row.single_line
    click.echo(f"{key}: {address} is not used any more.")


@recipients.command("new-in-office")
@click.argument("recipient")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Their first day.")
@click.option("--name", default="", help="Who it is, if that is known.")
@click.option("--letters-wait", is_flag=True, help="Until somebody has checked an address again.")
@click.option("--reason", required=True, help="Where that is said; kept with it.")
@by_option
def new_in_office(recipient: str, since: datetime, reason: str, by: str, **told: Any) -> None:
    """Record that somebody new is in office: its addresses may have changed, too."""
    with recipient_transaction(recipient) as (container, session, key):
        now = container.clock()
        enter_new_in_office(session, key, NewInOffice(since.date(), reason, by, **told), now)
        waiting.update_unverified_letters(session, live=container.settings.live, now=now)
    click.echo(f"{key}: somebody new is in office since {since:%Y-%m-%d}.")
    if told["letters_wait"]:
        click.echo("On a live site its letters wait until somebody has checked an address again.")


@recipients.command()
@click.argument("recipient")
def reports(recipient: str) -> None:
    """List what supporters say about a recipient's contact. Verifying or `wrong` settles it."""
    with open_container() as container, container.database.reading() as session:
        for row in list_open_reports(session, parse_recipient_key(recipient), most=200):
            words = (
                open_contact_report(container.keyring, row.id, row.sealed)
                if row.sealed
                else "(deleted)"
            )
            click.echo(f"{row.reported_at:%Y-%m-%d %H:%M} UTC  {words}")


def _format_address(row: AddressRow) -> str:
    """Return an address in one line, with its status and source."""
    status = {
        AddressStatus.KNOWN: "not verified",
        AddressStatus.CHECKED: f"checked {row.checked_on} by {row.checked_by_text}",
        AddressStatus.VERIFIED: f"verified {row.checked_on} by {row.checked_by_text}",
        AddressStatus.WRONG: f"wrong: {row.checked_on} by {row.checked_by_text}",
    }[row.status]
    language = f" [{row.language}]" if row.language else ""
    return f"{row.channel:8}{row.single_line}{language}  ({status}; {row.source})"


def _format_queue(row: RecipientRow, queued: int, pace: SitePace, now: datetime) -> str:
    """Return a recipient's pause, or its queue and the day by which it will be empty."""
    if row.paused_on:
        until = f" until {row.paused_until}" if row.paused_until else ""
        return f"; paused since {row.paused_on}{until}: {row.pause_reason}"
    often = "week" if row.weekly else "day"
    daily = f"; one mail a {often}" if row.digest else ""
    if not queued:
        return daily
    by = expected_queue_end(row, queued, pace, now) if pace.enforced and not row.digest else None
    through = f", through by {by:%A %Y-%m-%d}" if by else ""
    return f"{daily}; {queued} letters queued{through}"


@contextmanager
def recipient_transaction(typed: str) -> Iterator[tuple[Container, Session, str]]:
    """Open the container for a change to one recipient; turn its errors into usage errors."""
    key = parse_recipient_key(typed)
    with open_container() as container, container.database.writing() as session:
        try:
            yield container, session, key
        except NotFound:
            raise click.UsageError(
                f"{typed} is no recipient known here; one is like DE/foreign-affairs"
            ) from None
        except InvalidText as error:
            raise click.UsageError(_ERROR_MESSAGES[error.reason]) from None
