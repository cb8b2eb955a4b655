"""`campaign content`: check bundles and publish revisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.campaigns import publish as publishing
from campaign.campaigns.bundle import load_bundle, read_bundle
from campaign.campaigns.bundle_files import read_folder
from campaign.campaigns.bundle_warnings import folder_warnings
from campaign.campaigns.letter_checks import variant_advice
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.recipient_warnings import recipient_warnings
from campaign.campaigns.rules.wording import WordingChange
from campaign.cli.options import by_option, open_container
from campaign.errors import DifferentLetter, InvalidText, WordingChangeUnstated
from campaign.recipients.queries import recipients
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container

_BUNDLE = click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group()
def content() -> None:
    """Check and publish campaign bundles."""


@content.command()
@_BUNDLE
def check(path: Path) -> None:
    """List every fault of a bundle, with file, key or line, and reason.

    Warnings and advice name what is valid and perhaps unintended.
    """
    with open_container() as container:
        campaign = load_bundle(path, container.bundle_context)
        warnings = [*_warnings(container, path, campaign)]
    languages = ", ".join(campaign.revision.languages)
    click.echo(
        f"{campaign.facts.slug} is in order: "
        f"{len(campaign.revision.demands)} demands in {languages}. "
        f"Letters go to: {', '.join(sorted(campaign.facts.recipients.all_offices))}."
    )
    _warn(warnings)
    for line in variant_advice(campaign):
        click.echo(f"advice: {line}")


@content.command()
@_BUNDLE
@click.option(
    "--change",
    type=click.Choice([one.value for one in WordingChange]),
    help="What is different: correction (no demand changes in substance), translation, or demands.",
)
@click.option("--reason", default="", help="Why, in one line; supporters can read it.")
@click.option("--replace", is_flag=True, help="Yes, another letter takes this one's place.")
@by_option
def publish(path: Path, change: str | None, reason: str, by: str, *, replace: bool) -> None:
    """Make a bundle's revision the current one. New signatures endorse it from then on."""
    stated = PublishRequest(by, WordingChange(change) if change else None, reason, replace)
    with open_container() as container:
        bundle = read_bundle(read_folder(path), container.bundle_context)
        campaign = bundle.campaign
        warnings = [*_warnings(container, path, campaign)]
        slug = campaign.facts.slug
        try:
            with container.database.writing() as session:
                digest = publishing.publish(session, bundle, stated, container.clock())
        except DifferentLetter as error:
            raise click.UsageError(_another_letter(slug, error)) from None
        except (WordingChangeUnstated, InvalidText) as error:
            raise click.UsageError(_UNSTATED[error.reason]) from None
    click.echo(f"{slug} is at revision {digest}.")
    _warn(warnings)


def _warn(warnings: Iterable[str]) -> None:
    for line in warnings:
        click.echo(f"warning: {line}")


def _warnings(container: Container, path: Path, campaign: Campaign) -> Iterator[str]:
    """Yield warnings about a bundle and the languages it drops; no database is needed yet."""
    yield from folder_warnings(path, campaign, container.clock().date())
    known, dropped = set(container.reference.recipients), []
    if migrate.is_current(container.database):
        with container.database.reading() as session:
            dropped = publishing.dropped_languages(session, campaign)
            known |= recipients.all_keys(session)
    today = container.clock().date()
    yield from recipient_warnings(campaign, container.reference, known, today)
    for language in dropped:
        yield (
            f"{language} is published and no longer here. Its pages will lead to those in "
            f"{campaign.facts.default_language}."
        )


_UNSTATED = {
    "no-change": "This replaces words that people may have signed, so say what changes: --change "
    "correction (no demand changes in substance), translation or demands, and --reason.",
    "demands-differ": "The set or order of the demands is another one: that is --change demands.",
    "texts-differ": "The text of a demand differs in a language that was there: that is --change "
    "correction, or demands.",
    "no-reason": "Say why with --reason, in one line: supporters can read it.",
    "too-long": f"The reason is longer than {publishing.MAX_CHANGE_REASON} characters.",
    "encoded-word": "The reason has =? in it.",
    "too-many-marks": "The reason has too many accents on one letter.",
}


def _another_letter(slug: str, error: DifferentLetter) -> str:
    listed = "".join(f"\n  {fault}" for fault in error.faults)
    return (
        f"Under {slug} stands what looks like another letter:{listed}\n"
        "To publish this one in its place, add --replace. Otherwise give it a slug of its own in "
        "campaign.toml."
    )
