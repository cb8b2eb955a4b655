"""What helps to spread a letter: its share image for social networks, and its poster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from campaign.campaigns.pages.public import cache_for, public_figures
from campaign.campaigns.pages.tile_map import tile_map
from campaign.campaigns.share_images import SHARE_IMAGE_MAX_AGE, Tile
from campaign.web.context import container, load_page_context, web_services

if TYPE_CHECKING:
    from campaign.signatures.public_counts import PublicCounts
    from campaign.web.context import PageContext

pages = Blueprint("share_images", __name__)


@pages.get("/<lang>/<slug>/card.png")
def image(lang: str, slug: str) -> Response:
    """Return the image that networks show next to a link, with the count."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
        figures = public_figures(session, page)
    shown = page.campaign.facts.shows_count(figures.total)
    total, squares = (figures.total, _squares(page, figures)) if shown else (0, [])
    made = web_services.share_images.share_image(
        page.loaded, page.language, total, squares, page.now
    )
    return _kept(Response(made, mimetype="image/png"))


@pages.get("/<lang>/<slug>/poster.pdf")
def poster(lang: str, slug: str) -> Response:
    """Return a poster to print, whose code leads to the letter's page in this language."""
    with container.database.reading_replica() as session:
        page = load_page_context(session, lang, slug)
    page.campaign.facts.must_be_open(page.now.date())
    made = web_services.share_images.poster(
        page.loaded, page.language, page.url("poster"), page.now
    )
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="poster-{slug}-{lang}.pdf"'
    return _kept(response)


def _squares(page: PageContext, figures: PublicCounts) -> list[Tile]:
    tiles = tile_map(page, figures.by_government)
    return [Tile(tile.column, tile.row, tile.shade, tile.code) for tile in tiles]


def _kept(response: Response) -> Response:
    return cache_for(response, int(SHARE_IMAGE_MAX_AGE.total_seconds()))
