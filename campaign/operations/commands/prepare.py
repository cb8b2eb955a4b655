"""`campaign prepare`: what every start does first, in development and production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.campaigns import publish as publishing
from campaign.campaigns.bundle import load_bundle
from campaign.cli.container import house
from campaign.delivery.answers import read_earlier
from campaign.errors import ContentError, SettingsError, TablesDiffer
from campaign.moderation import trial
from campaign.organisers.accounts import send_made_up_away
from campaign.privacy import keys
from campaign.recipients.queries import ministries
from campaign.signatures.queries.signatures import was_signed
from campaign.store import migrate, schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign.container import House
    from campaign.store.database import Database

_WHAT_TO_DO = "somebody changed the tables: docs/operating.md says what to do (Upgrade)"


@click.command()
def prepare() -> None:
    """Bring the tables up to date and load ministries and campaigns."""
    with house() as made:
        make_ready(made)
    click.echo("Ready to start.")


def make_ready(made: House) -> None:
    """Do what every start does first; raise what keeps the site from starting."""
    migrate.upgrade(made.database)
    _compare_tables(made.database)
    say_what_was_set_aside(load(made))
    if made.settings.strict:
        with made.database.writing() as session:
            send_made_up_away(session, made.keyring, made.clock())
    if made.settings.live:
        with made.database.reading() as session:
            trial.must_be_settled(session)


def _compare_tables(database: Database) -> None:
    """Say how the tables differ from this version's; raise TablesDiffer if it cannot do so."""
    found = schema.differences(database)
    if any(one.serious for one in found):
        raise TablesDiffer([*(one.said for one in found), _WHAT_TO_DO])
    for one in found:
        click.echo(one.said, err=True)


def load(made: House) -> list[str]:
    """Take over reference data and the shipped bundles; load nothing if one has a fault.

    Answers that came in before an update are read anew.
    Return the campaigns for which other words than the bundle's stay published.
    """
    folders = sorted(path.parent for path in made.settings.campaigns.glob("*/campaign.toml"))
    campaigns = [load_bundle(folder, made.known) for folder in folders]
    slugs = [campaign.facts.slug for campaign in campaigns]
    if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
        raise ContentError([f"two folders have the slug {slug}" for slug in sorted(twice)])
    with made.database.writing() as session:
        keys.adopt(session, made.keyring)
        ministries.refresh(session, made.reference.ministries.values())
        aside = [
            campaign.facts.slug
            for campaign in campaigns
            if not publishing.load_at_start(session, campaign, made.clock(), was_signed=was_signed)
        ]
        wanted, there = made.settings.default, {one.slug for one in made.shelf.all(session)}
        if not there:
            raise SettingsError([f"CAMPAIGN_CAMPAIGNS has no campaign: {made.settings.campaigns}"])
        if wanted and wanted not in there:
            raise SettingsError([f"CAMPAIGN_DEFAULT names no campaign: {wanted}"])
    read_earlier(made.database, made.keyring)
    return aside


def say_what_was_set_aside(slugs: Iterable[str]) -> None:
    for slug in slugs:
        click.echo(
            f"{slug}: its folder has other words than those that are published, so nothing of the "
            "folder was taken over. To publish it, say what it changes: campaign content publish "
            "PATH --change correction|translation|demands --reason …",
            err=True,
        )
