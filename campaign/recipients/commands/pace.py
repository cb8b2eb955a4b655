"""How fast, and in what form, a recipient is written to."""

from __future__ import annotations

from typing import Any

import click

from campaign.cli.options import by_option
from campaign.container import create_pace
from campaign.delivery import pacing, pause as pausing
from campaign.recipients.commands.recipients import recipient_transaction


@click.command("pace")
@click.argument("recipient")
@click.option("--per-hour", type=click.IntRange(1, 3600), help="Letters in an hour.")
@click.option("--per-day", type=click.IntRange(1, 30_000), help="Letters in a day.")
@click.option("--opens", type=click.DateTime(["%H:%M"]), help="When its office opens, there.")
@click.option("--closes", type=click.DateTime(["%H:%M"]), help="When it closes.")
@click.option("--zone", help="Its time zone, such as Europe/Athens.")
@click.option(
    "--shared-return-path/--own-return-paths",
    "shares_return_path",
    default=None,
    help="Where its server delays mail of unknown senders: one return path a day.",
)
@click.option("--address", default="", help="Set it for this e-mail address only.")
@by_option
def set_pace(recipient: str, address: str, by: str, **pace: Any) -> None:
    """Set a recipient’s pace: how many letters, and when. What is left out stays."""
    with recipient_transaction(recipient) as (container, session, key):
        for name in ("opens", "closes"):
            pace[name] = pace[name].time() if pace[name] else None
        wanted = pacing.PaceChange(**pace)
        row = pacing.set_pace(session, key, wanted, by, container.clock(), address)
        limits = create_pace(container, live=container.settings.live).limits_for(row)
    click.echo(
        f"{key}: {limits.per_hour} letters an hour, {limits.per_day} a day, "
        f"{limits.opens:%H:%M} to {limits.closes:%H:%M} in {limits.zone}, Monday to Friday."
    )


@click.command()
@click.argument("recipient")
@click.option("--off", is_flag=True, help="Send single letters again.")
@click.option("--weekly", is_flag=True, help="One mail a week.")
@by_option
def digest(recipient: str, off: bool, weekly: bool, by: str) -> None:
    """Send a recipient one mail a day with all letters, or one a week, not single letters."""
    with recipient_transaction(recipient) as (container, session, key):
        now = container.clock()
        pacing.set_digest(session, key, on=not off, by=by, now=now, weekly=weekly)
    often = "week" if weekly else "day"
    click.echo(f"{key} gets {'single letters' if off else f'one mail a {often} with all letters'}.")


@click.command()
@click.argument("recipient")
@click.option("--reason", required=True, help="Why; supporters see that letters wait.")
@by_option
def pause(recipient: str, reason: str, by: str) -> None:
    """Stop writing to a recipient for now. Its letters wait."""
    with recipient_transaction(recipient) as (container, session, key):
        pausing.pause(session, key, reason, by, container.clock())
    click.echo(f"{key} is paused. To write again: campaign recipients resume {key}")


@click.command()
@click.argument("recipient")
@by_option
def resume(recipient: str, by: str) -> None:
    """Write to a recipient again."""
    with recipient_transaction(recipient) as (container, session, key):
        pausing.resume(session, key, by, live=container.settings.live, now=container.clock())
    click.echo(f"{key} is written to again.")
