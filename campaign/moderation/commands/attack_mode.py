"""`campaign attack begin|end`: hold every new signature while a campaign is under attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.options import by_option, campaign_option, select_campaign
from campaign.cli.reasons import reason_option, transaction
from campaign.moderation import attack_mode
from campaign.organisers.rules.audit_log import Justification

if TYPE_CHECKING:
    from collections.abc import Callable


@click.group()
def attack() -> None:
    """Hold every new signature while a campaign is under attack."""


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (by_option, reason_option, campaign_option):
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
    click.echo("the console lists them under Signatures, and releases all by rule.")
