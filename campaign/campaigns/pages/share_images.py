"""What hands a letter on: its card for social networks and its poster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from campaign.campaigns.pages.letter import figures_of, kept_for
from campaign.campaigns.pages.tile_map import tile_map
from campaign.campaigns.share_images import CARD_IS_FRESH_FOR, Square
from campaign.web.context import current_site, visit

if TYPE_CHECKING:
    from campaign.signatures.count import Figures
    from campaign.web.context import Visit

pages = Blueprint("cards", __name__)


@pages.get("/<lang>/<slug>/card.png")
def card(lang: str, slug: str) -> Response:
    """The picture that networks show beside a link, with the count."""
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug)
        counted = figures_of(session, seen)
    squares = _squares(seen, counted)
    made = site.cards.card(seen.shelved, seen.language, counted.total, squares, seen.now)
    return _kept(Response(made, mimetype="image/png"))


@pages.get("/<lang>/<slug>/poster.pdf")
def poster(lang: str, slug: str) -> Response:
    """A sheet to hang up, whose code leads to the letter's page in this language."""
    site = current_site()
    with site.database.reading() as session:
        seen = visit(session, lang, slug)
    seen.campaign.facts.must_be_open(seen.now.date())
    made = site.cards.poster(seen.shelved, seen.language, seen.address("poster"), seen.now)
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="poster-{slug}-{lang}.pdf"'
    return _kept(response)


def _squares(seen: Visit, counted: Figures) -> list[Square]:
    tiles = tile_map(seen, counted.by_government)
    return [Square(tile.column, tile.row, tile.shade, tile.code) for tile in tiles]


def _kept(response: Response) -> Response:
    return kept_for(response, int(CARD_IS_FRESH_FOR.total_seconds()))
