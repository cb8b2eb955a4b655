"""`campaign export`: figures to standard output or a file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaign import exports
from campaign.cli.house import house
from campaign.domain.counts import Dimension
from campaign.errors import NotFound
from campaign.services.counting import count_table

if TYPE_CHECKING:
    from campaign.factory import House


@click.group()
def export() -> None:
    """Export figures."""


def _dimensions(_context: click.Context, _option: click.Parameter, text: str) -> list[Dimension]:
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in chosen if part not in list(Dimension)]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(Dimension)}")
    return list(dict.fromkeys(Dimension(part) for part in chosen))


@export.command()
@click.option("--campaign", "slug", default="", help="Its slug; not needed where there is one.")
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
        try:
            shelved = made.shelf.by_slug(session, slug or _only_slug(made))
        except NotFound:
            raise click.UsageError(f"there is no campaign {slug}") from None
        columns, rows = count_table(session, shelved, by)
        target = (
            output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout)
        )
        with target as out:
            if output is None:
                sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            exports.load(name).write(columns, rows, out)


def _only_slug(made: House) -> str:
    with made.database.reading() as session:
        slugs = [shelved.slug for shelved in made.shelf.all(session)]
    if len(slugs) != 1:
        raise click.UsageError(f"--campaign is needed: one of {', '.join(slugs) or 'none'}")
    return slugs[0]
