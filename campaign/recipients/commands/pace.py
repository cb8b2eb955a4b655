"""How fast, and in what form, a ministry is written to."""

from __future__ import annotations

from typing import Any

import click

from campaign.cli.options import by_option
from campaign.container import create_pace
from campaign.delivery import pacing, pause as pausing
from campaign.recipients.commands.ministries import ministry_transaction


@click.command("pace")
@click.argument("government")
@click.option("--per-hour", type=click.IntRange(1, 3600), help="Letters in an hour.")
@click.option("--per-day", type=click.IntRange(1, 30_000), help="Letters in a day.")
@click.option("--opens", type=click.DateTime(["%H:%M"]), help="When its office opens, there.")
@click.option("--closes", type=click.DateTime(["%H:%M"]), help="When it closes.")
@click.option("--zone", help="Its time zone, such as Europe/Athens.")
@click.option("--address", default="", help="Set it for this e-mail address only.")
@by_option
def set_pace(government: str, address: str, by: str, **pace: Any) -> None:
    """Set a ministry’s pace: how many letters, and when. What is left out stays."""
    with ministry_transaction(government) as (container, session, code):
        for name in ("opens", "closes"):
            pace[name] = pace[name].time() if pace[name] else None
        wanted = pacing.PaceChange(**pace)
        row = pacing.set_pace(session, code, wanted, by, container.clock(), address)
        limits = create_pace(container, live=container.settings.live).limits_for(row)
    click.echo(
        f"{code}: {limits.per_hour} letters an hour, {limits.per_day} a day, "
        f"{limits.opens:%H:%M} to {limits.closes:%H:%M} in {limits.zone}, Monday to Friday."
    )


@click.command()
@click.argument("government")
@click.option("--off", is_flag=True, help="Send single letters again.")
@by_option
def digest(government: str, off: bool, by: str) -> None:
    """Send a ministry one mail a day with all letters, instead of single letters."""
    with ministry_transaction(government) as (container, session, code):
        pacing.set_digest(session, code, on=not off, by=by, now=container.clock())
    click.echo(f"{code} gets {'single letters' if off else 'one mail a day with all letters'}.")


@click.command()
@click.argument("government")
@click.option("--reason", required=True, help="Why; supporters see that letters wait.")
@by_option
def pause(government: str, reason: str, by: str) -> None:
    """Stop writing to a ministry for now. Its letters wait."""
    with ministry_transaction(government) as (container, session, code):
        pausing.pause(session, code, reason, by, container.clock())
    click.echo(f"{code} is paused. To write again: campaign ministries resume {code}")


@click.command()
@click.argument("government")
@by_option
def resume(government: str, by: str) -> None:
    """Write to a ministry again."""
    with ministry_transaction(government) as (container, session, code):
        pausing.resume(session, code, by, live=container.settings.live, now=container.clock())
    click.echo(f"{code} is written to again.")
