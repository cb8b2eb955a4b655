"""`campaign content`: check bundles and publish revisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign.campaigns import publish as publishing
from campaign.campaigns.bundle import load_bundle, read_bundle
from campaign.campaigns.bundle_files import read_folder
from campaign.campaigns.bundle_warnings import bundle_warnings
from campaign.campaigns.letter_checks import variant_advice
from campaign.campaigns.publish import PublishRequest
from campaign.campaigns.rules.wording import WordingChange
from campaign.cli.options import by_option, open_container
from campaign.errors import DifferentLetter, InvalidText, WordingChangeUnstated
from campaign.recipients.queries import recipients
from campaign.recipients.rules.choice import Addressing
from campaign.recipients.rules.recipient import UNION, government_of, recipient_key
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set as AbstractSet

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
    yield from bundle_warnings(path, campaign, container.clock().date())
    known, dropped = set(container.reference.recipients), []
    if migrate.is_current(container.database):
        with container.database.reading() as session:
            dropped = publishing.dropped_languages(session, campaign)
            known |= recipients.all_keys(session)
    yield from _nobody_to_write_to(container, campaign, known)
    yield from _strange_choices(container, campaign, known)
    for language in dropped:
        yield (
            f"{language} is published and no longer here. Its pages will lead to those in "
            f"{campaign.facts.default_language}."
        )


def _nobody_to_write_to(
    container: Container, campaign: Campaign, known: AbstractSet[str]
) -> Iterator[str]:
    """Yield which governments have no recipient, and which named ones the directory lacks."""
    choice, today = campaign.facts.recipients, container.clock().date()
    candidates = container.reference.candidates(campaign.facts.governments, choice, today)
    for key in sorted({key for keys in choice.named.values() for key in keys} - set(known)):
        yield f"campaign.toml: recipients.governments: {key} is not in the directory"
    without = [code for code, keys in candidates.items() if known.isdisjoint(keys)]
    if without:
        yield (
            f"campaign.toml: recipients: nobody is in the directory for {', '.join(without)}: "
            "signatures from there have no letter"
        )


def _strange_choices(
    container: Container, campaign: Campaign, known: AbstractSet[str]
) -> Iterator[str]:
    """Yield what a campaign says of recipients that it may not mean."""
    choice, today = campaign.facts.recipients, container.clock().date()
    candidates = container.reference.candidates(campaign.facts.governments, choice, today)
    for office in choice.offices:
        meant = {office if "/" in office else recipient_key(code, office) for code in candidates}
        if known.isdisjoint(meant):
            yield f"campaign.toml: recipients.offices: no government asked here has {office!r}"
    for code, keys in choice.named.items():
        if code not in candidates:
            yield f"campaign.toml: recipients.governments: {code} is not asked"
        for key in keys:
            if government_of(key) not in {code, UNION}:
                yield f"campaign.toml: recipients.governments: {code} writes to {key}"
    if choice.to is not Addressing.ONE:
        yield from _same_office_twice(container, candidates)


def _same_office_twice(
    container: Container, candidates: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield governments where two of the offices are one ministry, according to their names."""
    for keys in candidates.values():
        first: dict[frozenset[str], str] = {}
        for key in filter(container.reference.recipients.__contains__, keys):
            names = frozenset(container.reference.recipients[key].names.values())
            if (twin := first.setdefault(names, key)) != key:
                yield f"campaign.toml: recipients: {twin} and {key} are called the same"


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
