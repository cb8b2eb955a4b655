"""`campaign content`: check bundles and publish revisions."""

from __future__ import annotations

from pathlib import Path

import click

from campaign.cli.house import BY, house
from campaign.content.bundle import load_bundle
from campaign.content.letter_report import advice
from campaign.services import publishing

_BUNDLE = click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group()
def content() -> None:
    """Check and publish campaign bundles."""


@content.command()
@_BUNDLE
def check(path: Path) -> None:
    """Say what is wrong with a bundle: file, key and reason of each fault."""
    with house() as made:
        campaign = load_bundle(path, made.known)
    languages = ", ".join(campaign.revision.languages)
    click.echo(
        f"{campaign.facts.slug} is in order: "
        f"{len(campaign.revision.demands)} demands in {languages}."
    )
    for line in advice(campaign):
        click.echo(f"advice: {line}")


@content.command()
@_BUNDLE
@BY
def publish(path: Path, by: str) -> None:
    """Make a bundle's revision the current one. New signatures endorse it from then on."""
    with house() as made:
        campaign = load_bundle(path, made.known)
        with made.database.writing() as session:
            digest = publishing.publish(session, campaign, by, made.clock())
    click.echo(f"{campaign.facts.slug} is at revision {digest}.")
