"""`campaign letter`: read letters before anybody signs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from campaign.campaigns.compose import (
    LetterChoices,
    compose_letter,
    pick_variants,
    render_variants,
)
from campaign.campaigns.letter_report import letter_reports
from campaign.cli.options import campaign_option, open_container, select_campaign
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.signature import Person
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container

EXAMPLE = Person("Testa Example", "testa@example.org", "Exampletown")


@click.group()
def letter() -> None:
    """Look at the letters that a campaign offers."""


@letter.command()
@campaign_option
@click.option("--government", required=True, help="Its code, such as GR.")
@click.option("--language", default="", help="Default: each that the ministry reads.")
@click.option("--all-variants", is_flag=True, help="Every text of every piece, not one letter.")
def preview(slug: str, government: str, language: str, all_variants: bool) -> None:
    """Show a letter to a government's ministry, signed by a made-up person."""
    code = to_iso_code(government)
    with open_container() as container, container.database.reading() as session:
        campaign = select_campaign(container, session, slug).campaign
        for tag in _languages(container, campaign, code, language):
            if all_variants:
                _show_variants(campaign, code, tag)
            else:
                _show_letter(container, campaign, code, tag)


@letter.command()
@campaign_option
def report(slug: str) -> None:
    """Render every variant for every government in every language, and measure them."""
    with open_container() as container, container.database.reading() as session:
        campaign = select_campaign(container, session, slug).campaign
    click.echo("language  governments  texts  letters  characters   placeholders")
    for row in letter_reports(campaign):
        lengths = f"{row.shortest}-{row.longest}"
        click.echo(
            f"{row.language:8}  {row.governments:11}  {row.texts:5}  {row.letters:7}  "
            f"{lengths:11}  {' '.join(row.placeholders)}"
        )


def _languages(
    container: Container, campaign: Campaign, code: str, language: str
) -> tuple[str, ...]:
    if code not in container.reference.ministries:
        raise click.UsageError(f"{code} is not a government known here")
    offered = campaign.revision.languages
    if language and language not in offered:
        raise click.UsageError(f"the campaign has no {language}; it has {', '.join(offered)}")
    reads = container.reference.ministries[code].letter_languages
    wanted = (language,) if language else campaign.letter_languages(reads)
    if code not in campaign.words_in(wanted[0]).governments:
        raise click.UsageError(f"the campaign's words do not name {code}")
    return wanted


def _show_letter(container: Container, campaign: Campaign, code: str, language: str) -> None:
    demands = [demand.key for demand in campaign.revision.demands]
    keys = pick_variants(campaign, demands, uuid7(container.clock()))
    text = compose_letter(
        campaign, LetterChoices(code, keys, "", EXAMPLE.signature_block), language
    )
    ministry = container.reference.ministries[code]
    address = "\n".join((ministry.name, *ministry.postal_lines))
    click.echo(f"[{language}]\n\n{address}\n\n{text.subject}\n\n{text.full_text}")


def _show_variants(campaign: Campaign, code: str, language: str) -> None:
    for piece, texts in render_variants(campaign, code, language).items():
        for key, text in texts.items():
            click.echo(f"[{language} {piece}.{key}, {len(text)} characters]\n{text}\n")
