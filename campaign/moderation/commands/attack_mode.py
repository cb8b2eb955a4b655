"""`campaign attack begin|end`: hold every new signature while a campaign is under attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.options import campaign_option, select_campaign
from campaign.moderation import attack_mode
from campaign.moderation.commands.by_id import BY, REASON, transaction
from campaign.organisers.rules.audit_log import Justification

if TYPE_CHECKING:
    from collections.abc import Callable


@click.group()
def attack() -> None:
    """Hold every new signature while a campaign is under attack."""


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (BY, REASON, campaign_option):
        command = option(command)
    return command


@attack.command()
@_with_options
def begin(slug: str, reason: str, by: str) -> None:
    """Hold new signatures from now on; networks' limits are reduced to a quarter."""
    with transaction() as (container, session):
        loaded = select_campaign(container, session, slug)
        attack_mode.begin(session, loaded, Justification(by, reason), container.clock())
    click.echo(f"{loaded.slug} is under attack: what is signed is held until it is released.")


@attack.command()
@_with_options
def end(slug: str, reason: str, by: str) -> None:
    """Let new signatures count again. Held ones stay held until they are released."""
    with transaction() as (container, session):
        loaded = select_campaign(container, session, slug)
        attack_mode.end(session, loaded, Justification(by, reason), container.clock())
    click.echo(f"{loaded.slug} is not under attack any more. Held signatures stay held:")
    click.echo("campaign signatures release-where --held-for attack lets them go on.")
