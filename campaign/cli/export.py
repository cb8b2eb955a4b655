"""`campaign export`: figures to standard output or a file."""

from __future__ import annotations

from pathlib import Path

import click

from campaign import exports
from campaign.cli.house import CAMPAIGN, chosen, house
from campaign.cli.output import write_pieces
from campaign.domain.counts import Dimension
from campaign.services.counting import count_table


@click.group()
def export() -> None:
    """Export figures."""


def _dimensions(_context: click.Context, _option: click.Parameter, text: str) -> list[Dimension]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in parts if part not in list(Dimension)]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(Dimension)}")
    return list(dict.fromkeys(Dimension(part) for part in parts))


@export.command()
@CAMPAIGN
@click.option("--format", "name", type=click.Choice(exports.names()), default="csv")
@click.option(
    "--by",
    callback=_dimensions,
    default=Dimension.GOVERNMENT.value,
    help=f"Comma-separated: {', '.join(Dimension)}.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: screen.")
def counts(slug: str, name: str, by: list[Dimension], output: Path | None) -> None:
    """Confirmed signatures by any dimensions; days are UTC days.

    Without the origin among them, online signatures only, as on the public page.
    """
    with house() as made, made.database.reading() as session:
        columns, rows = count_table(session, chosen(made, session, slug), by)
        write_pieces(exports.load(name).pieces(columns, rows), output)
