"""How fast, and in what form, a ministry is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.ministries import changing
from campaign.factory import pace_of
from campaign.services import pacing

if TYPE_CHECKING:
    from datetime import datetime


@click.command("pace")
@click.argument("government")
@click.option("--per-hour", type=click.IntRange(1, 3600), help="Letters in an hour.")
@click.option("--per-day", type=click.IntRange(1, 30_000), help="Letters in a day.")
@click.option("--opens", type=click.DateTime(["%H:%M"]), help="When its office opens, there.")
@click.option("--closes", type=click.DateTime(["%H:%M"]), help="When it closes.")
@click.option("--zone", help="Its time zone, such as Europe/Athens.")
@click.option("--address", default="", help="Set it for this e-mail address only.")
def set_pace(
    government: str,
    per_hour: int | None,
    per_day: int | None,
    opens: datetime | None,
    closes: datetime | None,
    zone: str | None,
    address: str,
) -> None:
    """Set what a ministry bears: how many letters, and when. What is left out stays."""
    with changing(government) as (made, session, code):
        wanted = pacing.Wanted(
            per_hour,
            per_day,
            opens.time() if opens else None,
            closes.time() if closes else None,
            zone,
        )
        row = pacing.set_pace(session, code, wanted, address)
        bearable = pace_of(made, live=made.settings.live).bearable(row)
    click.echo(
        f"{code}: {bearable.per_hour} letters an hour, {bearable.per_day} a day, "
        f"{bearable.opens:%H:%M} to {bearable.closes:%H:%M} in {bearable.zone}, Monday to Friday."
    )


@click.command()
@click.argument("government")
@click.option("--off", is_flag=True, help="Send single letters again.")
def digest(government: str, off: bool) -> None:
    """Send a ministry one mail a day with all letters, instead of single letters."""
    with changing(government) as (_, session, code):
        pacing.use_digest(session, code, on=not off)
    click.echo(f"{code} gets {'single letters' if off else 'one mail a day with all letters'}.")


@click.command()
@click.argument("government")
@click.option("--reason", required=True, help="Why; supporters see that letters wait.")
def pause(government: str, reason: str) -> None:
    """Stop writing to a ministry for now. Its letters wait."""
    with changing(government) as (made, session, code):
        pacing.pause(session, code, reason, made.clock())
    click.echo(f"{code} is paused. To write again: campaign ministries resume {code}")


@click.command()
@click.argument("government")
def resume(government: str) -> None:
    """Write to a ministry again."""
    with changing(government) as (made, session, code):
        pacing.resume(session, code, live=made.settings.live, now=made.clock())
    click.echo(f"{code} is written to again.")
