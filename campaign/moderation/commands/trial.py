"""`campaign trial clear|keep`: decide about what was signed while the site was not live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.container import CAMPAIGN, chosen, house
from campaign.container import ledger_of
from campaign.moderation import trial as service
from campaign.moderation.commands.one import BY, REASON, changing, refusals
from campaign.moderation.queries import trial as store
from campaign.organisers.rules.audit_log import Cause

if TYPE_CHECKING:
    from campaign.campaigns.cache import Shelved
    from campaign.container import House

NONE = "{slug}: nothing was signed while the site was not live."


@click.group()
def trial() -> None:
    """Decide about what was signed while the site was not live. It does not go live before."""


@trial.command()
@CAMPAIGN
@REASON
@BY
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear(slug: str, reason: str, by: str, yes: bool) -> None:
    """Take these signatures out of the count and erase them. What has not left is dropped."""
    with house() as made, refusals():
        with made.database.reading() as session:
            shelved = chosen(made, session, slug)
            number = store.count(session, shelved.campaign_id)
        if number and not yes:
            click.echo(f"{shelved.slug}: signatures of the trial: {number}.")
            click.confirm("Shall they be invalidated and erased, for good?", abort=True)
        with made.database.writing() as session:
            number = service.begin_clearing(session, shelved, Cause(by, reason), made.clock())
        _clear(made, shelved)
    said = "{slug}: {number} invalidated and erased." if number else NONE
    click.echo(said.format(slug=shelved.slug, number=number))


@trial.command()
@CAMPAIGN
@REASON
@BY
def keep(slug: str, reason: str, by: str) -> None:
    """Let these signatures count on. What is signed in another trial is asked about again."""
    with changing() as (made, session):
        shelved = chosen(made, session, slug)
        number = service.keep(session, shelved, Cause(by, reason), made.clock())
    said = "{slug}: {number} are kept." if number else NONE
    click.echo(said.format(slug=shelved.slug, number=number))


def _clear(made: House, shelved: Shelved) -> None:
    """Clear batch by batch. Ended at any point, it goes on when it is called again."""
    ledger, after = ledger_of(made.settings), None
    while True:
        with made.database.writing() as session:
            after = service.clear_next(session, ledger, shelved, after, made.clock())
        if after is None:
            return
