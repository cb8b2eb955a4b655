"""`campaign prepare`: what every start does first, in development and production."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from campaign.campaigns import drafts
from campaign.campaigns.bundle import read_bundle
from campaign.campaigns.bundle_files import read_folder
from campaign.campaigns.bundle_writer import write_bundle
from campaign.campaigns.publish_at_startup import publish_at_startup
from campaign.campaigns.queries import campaigns
from campaign.cli.options import open_container
from campaign.delivery.answers import backfill_message_content
from campaign.errors import ContentError, SchemaMismatch, SettingsError
from campaign.moderation import trial
from campaign.organisers.accounts import disable_dev_owner
from campaign.privacy import keys
from campaign.recipients.queries import recipients
from campaign.signatures.queries.signatures import has_signatures
from campaign.store import migrate, schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.store.database import Database

_WHAT_TO_DO = "somebody changed the tables: docs/operating.md says what to do (Upgrade)"


@click.command()
def prepare() -> None:
    """Migrate the tables and load recipients and campaigns."""
    with open_container() as container:
        prepare_site(container)
    click.echo("Ready to start.")


def prepare_site(container: Container) -> None:
    """Do what every start does first; raise what keeps the site from starting."""
    migrate.upgrade(container.database)
    _check_schema(container.database)
    warn_about_skipped_bundles(load_data(container))
    if container.settings.strict:
        with container.database.writing() as session:
            disable_dev_owner(session, container.keyring, container.clock())
    if container.settings.live:
        with container.database.reading() as session:
            trial.must_be_decided(session)


def _check_schema(database: Database) -> None:
    """Print how the tables differ from this version's; raise SchemaMismatch if that is breaking."""
    found = schema.compare_schema(database)
    if any(one.is_breaking for one in found):
        raise SchemaMismatch([*(one.message for one in found), _WHAT_TO_DO])
    for one in found:
        click.echo(one.message, err=True)


def load_data(container: Container) -> list[str]:
    """Load reference data and the shipped bundles; load nothing if one has a fault.

    Answers that came in before an update are parsed again. Return the campaigns for which other
    words than the bundle's stay published.
    """
    folders = sorted(path.parent for path in container.settings.campaigns.glob("*/campaign.toml"))
    bundles = [read_bundle(read_folder(folder), container.bundle_context) for folder in folders]
    slugs = [bundle.campaign.facts.slug for bundle in bundles]
    if twice := {slug for slug in slugs if slugs.count(slug) > 1}:
        raise ContentError([f"two folders have the slug {slug}" for slug in sorted(twice)])
    with container.database.writing() as session:
        keys.register_identity_key(session, container.keyring)
        recipients.sync_reference_data(session, container.reference.recipients.values())
        aside = [
            bundle.campaign.facts.slug
            for bundle in bundles
            if not publish_at_startup(session, bundle, container.clock(), was_signed=has_signatures)
        ]
        _begin_drafts(container, session)
        wanted, there = (
            container.settings.default,
            {one.slug for one in container.campaign_cache.all(session)},
        )
        if not there and not _is_meant_to_be_empty(container.settings.campaigns):
            raise SettingsError(
                [f"CAMPAIGN_CAMPAIGNS has no campaign: {container.settings.campaigns}"]
            )
        if wanted and wanted not in there and not campaigns.find_by_address(session, wanted):
            raise SettingsError([f"CAMPAIGN_DEFAULT names no campaign: {wanted}"])
    backfill_message_content(container.database, container.keyring)
    return aside


def _is_meant_to_be_empty(folder: Path) -> bool:
    """Return whether a folder of bundles is there and has nothing: campaigns are made elsewhere."""
    return folder.is_dir() and not any(folder.iterdir())


def _begin_drafts(container: Container, session: Session) -> None:
    """Begin the draft of each campaign that was published before bundles were kept."""
    for loaded in container.campaign_cache.all(session):
        drafts.ensure_draft(
            session,
            loaded.campaign_id,
            partial(write_bundle, loaded.campaign, container.bundle_context),
            container.clock(),
        )


def warn_about_skipped_bundles(slugs: Iterable[str]) -> None:
    for slug in slugs:
        click.echo(
            f"{slug}: its folder has other words than those that are published, so nothing of the "
            "folder was taken over. To publish it, say what it changes: campaign content publish "
            "PATH --change correction|translation|demands --reason …",
            err=True,
        )
