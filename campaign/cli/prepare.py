"""`campaign prepare`: what every start does first, in development and production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.cli.house import house
from campaign.content.bundle import load_bundle
from campaign.errors import ContentError, SettingsError
from campaign.services import publishing
from campaign.store import migrate, ministries

if TYPE_CHECKING:
    from campaign.factory import House


@click.command()
def prepare() -> None:
    """Bring the tables up to date and load ministries and campaigns."""
    with house() as made:
        migrate.upgrade(made.database)
        load(made)
    click.echo("Ready to start.")


def load(made: House) -> None:
    """Take over reference data and the shipped bundles; load nothing if one has a fault."""
    folders = sorted(path.parent for path in made.settings.campaigns.glob("*/campaign.toml"))
    campaigns = [load_bundle(folder, made.known) for folder in folders]
    slugs = [campaign.facts.slug for campaign in campaigns]
    if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
        raise ContentError([f"two folders have the slug {slug}" for slug in sorted(twice)])
    with made.database.writing() as session:
        ministries.refresh(session, made.reference.ministries.values())
        for campaign in campaigns:
            publishing.load_at_start(session, campaign, made.clock())
        wanted = made.settings.default
        if wanted and wanted not in {one.slug for one in made.shelf.all(session)}:
            raise SettingsError([f"CAMPAIGN_DEFAULT names no campaign: {wanted}"])
