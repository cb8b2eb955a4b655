"""Commands for floods of false signatures: attack mode, and signatures on trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.options import (
    by_option,
    campaign_option,
    open_container,
    reason_option,
    select_campaign,
    transaction,
    usage_errors,
)
from campaign.container import erasure_ledger
from campaign.moderation import attack_mode, trial as service
from campaign.moderation.queries import trial as store
from campaign.organisers.rules.audit_log import Justification

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.container import Container

_NOTHING_SIGNED = "{slug}: nothing was signed while the site was not live."


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
    click.echo(f"{loaded.slug} is under attack: new signatures are held until they are released.")


@attack.command()
@_with_options
def end(slug: str, reason: str, by: str) -> None:
    """Let new signatures count again. Held ones stay held until they are released."""
    with transaction() as (container, session):
        loaded = select_campaign(container, session, slug)
        attack_mode.end(session, loaded, Justification(by, reason), container.clock())
    click.echo(f"{loaded.slug} is not under attack any more. Held signatures stay held:")
    click.echo("the console lists them under Signatures, where you can release them in bulk.")


@click.group()
def trial() -> None:
    """Decide what happens to signatures made before going live. Required before going live."""


@trial.command()
@campaign_option
@reason_option
@by_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def clear(slug: str, reason: str, by: str, yes: bool) -> None:
    """Remove these signatures from the count and erase them. Unsent letters are dropped."""
    with open_container() as container, usage_errors():
        with container.database.reading() as session:
            loaded = select_campaign(container, session, slug)
            number = store.count(session, loaded.campaign_id)
        if number and not yes:
            click.echo(f"{loaded.slug}: {number} trial signatures.")
            click.confirm("Invalidate and permanently erase them?", abort=True)
        with container.database.writing() as session:
            number = service.log_clearing(
                session, loaded, Justification(by, reason), container.clock()
            )
        _clear(container, loaded)
    said = "{slug}: {number} invalidated and erased." if number else _NOTHING_SIGNED
    click.echo(said.format(slug=loaded.slug, number=number))


@trial.command()
@campaign_option
@reason_option
@by_option
def keep(slug: str, reason: str, by: str) -> None:
    """Keep these signatures in the count. A later trial has to be decided again."""
    with transaction() as (container, session):
        loaded = select_campaign(container, session, slug)
        number = service.keep(session, loaded, Justification(by, reason), container.clock())
    said = "{slug}: {number} are kept." if number else _NOTHING_SIGNED
    click.echo(said.format(slug=loaded.slug, number=number))


def _clear(container: Container, loaded: LoadedCampaign) -> None:
    """Clear batch by batch; if interrupted, the next call resumes."""
    ledger, after = erasure_ledger(container.settings), None
    while True:
        with container.database.writing() as session:
            after = service.clear_batch(session, ledger, loaded, after, container.clock())
        if after is None:
            return
