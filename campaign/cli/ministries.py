"""`campaign ministries`: see where letters go, and verify addresses."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.cli.house import house
from campaign.domain.government import iso_code
from campaign.errors import NotFound, UnacceptableText
from campaign.factory import pace_of
from campaign.services import pacing
from campaign.services.pacing import queue_through_by
from campaign.services.verifying import (
    MAX_BY,
    MAX_POSTAL_LINE,
    MAX_POSTAL_LINES,
    MAX_REASON,
    verify_postal,
)
from campaign.services.verifying import verify as verify_email
from campaign.store import ministries as store
from campaign.store.letters import queued_by_government

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.factory import House
    from campaign.store.claiming import Pace
    from campaign.store.rows import MinistryRow

_SAID = {
    "no-address": "no address is known for this ministry; give one with --email or --postal",
    "not-an-address": "this is not a usable e-mail address",
    "too-long": f"--by has room for {MAX_BY} characters and --reason for {MAX_REASON}",
    "hidden-characters": "--by or --reason has control or invisible characters in it",
    "too-many-marks": "--by or --reason has too many accents on one letter",
    "encoded-word": "--by or --reason has =? in it, which mail programs misread",
    "too-many-lines": f"an address has {MAX_POSTAL_LINES} lines of {MAX_POSTAL_LINE} characters",
    "closes-before-it-opens": "an office opens before it closes",
    "no-zone": "--zone is a name such as Europe/Athens",
    "no-pause-reason": "say in --reason why",
    "no-reason": "say in --reason how the address was checked, and in --by who did it",
}


@click.group()
def ministries() -> None:
    """Look at ministries and verify their addresses."""


@ministries.command("list")
def listing() -> None:
    """List every ministry, its addresses, and who checked them when."""
    with house() as made, made.database.reading() as session:
        pace, queued = pace_of(made, live=made.settings.live), queued_by_government(session)
        for row in store.listing(session):
            name = made.reference.ministries[row.government].name
            email = _checked(row.checked_on, row.checked_by)
            postal = _checked(row.postal_checked_on, row.postal_checked_by)
            lines = "; ".join((name, *row.postal.split("\n"))) if row.postal else name
            click.echo(
                f"{row.government}  {row.email or 'no address':36}  {email:32}  {lines} ({postal})"
                f"{_queue(row, queued.get(row.government, 0), pace, made.clock())}"
            )


@ministries.command()
@click.argument("government")
@click.option("--email", default="", help="The address, where another or none is known.")
@click.option("--postal", help="A postal address instead: its lines with ; between, or: known")
@click.option("--reason", required=True, help="How it was checked; kept with the address.")
@click.option("--by", default=getpass.getuser, help="Who checked it. [default: your login name]")
def verify(government: str, email: str, postal: str | None, reason: str, by: str) -> None:
    """Note that a person has checked where a government's letters go."""
    if email and postal:
        raise click.UsageError("--email and --postal are checked one after the other")
    with _changing(government) as (made, session, code):
        live, now = made.settings.live, made.clock()
        if postal is None:
            address = verify_email(session, code, email, by, reason, live=live, now=now).email
        else:
            lines = [] if postal == "known" else postal.split(";")
            row = verify_postal(session, code, lines, by, reason, now=now)
            address = row.postal.replace("\n", "; ")
    click.echo(f"{code}: {address} is verified by {by}.")


def _checked(on: date | None, by: str) -> str:
    return f"verified {on} by {by}" if on else "not verified"


def _queue(row: MinistryRow, queued: int, pace: Pace, now: datetime) -> str:
    """Say what stands before a ministry: a pause, or a queue and the day it is through."""
    if row.paused_on:
        return f"; paused since {row.paused_on}: {row.pause_reason}"
    daily = "; one mail a day" if row.digest else ""
    if not queued:
        return daily
    by = queue_through_by(row, queued, pace, now) if pace.kept and not row.digest else None
    through = f", through by {by:%A %Y-%m-%d}" if by else ""
    return f"{daily}; {queued} letters queued{through}"


@ministries.command("pace")
@click.argument("government")
@click.option("--per-hour", type=click.IntRange(1, 3600), help="Letters in an hour.")
@click.option("--per-day", type=click.IntRange(1, 30_000), help="Letters in a day.")
@click.option("--opens", type=click.DateTime(["%H:%M"]), help="When its office opens, there.")
@click.option("--closes", type=click.DateTime(["%H:%M"]), help="When it closes.")
@click.option("--zone", help="Its time zone, such as Europe/Athens.")
def set_pace(
    government: str,
    per_hour: int | None,
    per_day: int | None,
    opens: datetime | None,
    closes: datetime | None,
    zone: str | None,
) -> None:
    """Set what a ministry bears: how many letters, and when. What is left out stays."""
    with _changing(government) as (made, session, code):
        row = pacing.set_pace(
            session,
            code,
            per_hour=per_hour,
            per_day=per_day,
            opens=opens.time() if opens else None,
            closes=closes.time() if closes else None,
            zone=zone,
        )
        bearable = pace_of(made, live=made.settings.live).bearable(row)
    click.echo(
        f"{code}: {bearable.per_hour} letters an hour, {bearable.per_day} a day, "
        f"{bearable.opens:%H:%M} to {bearable.closes:%H:%M} in {bearable.zone}, Monday to Friday."
    )


@ministries.command()
@click.argument("government")
@click.option("--off", is_flag=True, help="Send single letters again.")
def digest(government: str, off: bool) -> None:
    """Send a ministry one mail a day with all letters, instead of single letters."""
    with _changing(government) as (_, session, code):
        pacing.use_digest(session, code, on=not off)
    click.echo(f"{code} gets {'single letters' if off else 'one mail a day with all letters'}.")


@ministries.command()
@click.argument("government")
@click.option("--reason", required=True, help="Why; supporters see that letters wait.")
def pause(government: str, reason: str) -> None:
    """Stop writing to a ministry for now. Its letters wait."""
    with _changing(government) as (made, session, code):
        pacing.pause(session, code, reason, made.clock())
    click.echo(f"{code} is paused. To write again: campaign ministries resume {code}")


@ministries.command()
@click.argument("government")
def resume(government: str) -> None:
    """Write to a ministry again."""
    with _changing(government) as (made, session, code):
        pacing.resume(session, code, live=made.settings.live, now=made.clock())
    click.echo(f"{code} is written to again.")


@contextmanager
def _changing(government: str) -> Iterator[tuple[House, Session, str]]:
    """Open the house for a change to one ministry; say in a sentence what cannot be."""
    code = iso_code(government)
    with house() as made, made.database.writing() as session:
        try:
            yield made, session, code
        except NotFound:
            raise click.UsageError(f"{government} is not a government known here") from None
        except UnacceptableText as error:
            raise click.UsageError(_SAID[error.reason]) from None
