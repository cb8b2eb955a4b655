"""What search engines ask for: where to look, and where there is nothing for them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from flask import Blueprint, Response, url_for

from campaign.web.context import current_site
from campaign.web.public import briefly_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.services.shelf import Shelved

pages = Blueprint("search", __name__)

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@pages.get("/robots.txt")
def robots() -> Response:
    """Name the map; the console is not for them (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /console/",
        f"Sitemap: {current_site().links.full(url_for('search.sitemap'))}",
    ]
    return briefly_kept(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@pages.get("/sitemap.xml")
def sitemap() -> Response:
    """List every page that may be found, in every language (sitemaps.org, version 0.9)."""
    site = current_site()
    with site.database.reading() as session:
        shelved = site.shelf.all(session)
    urls = "".join(
        f"<url><loc>{escape(site.links.full(path))}</loc></url>\n" for path in _paths(shelved)
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_NAMESPACE}">\n{urls}</urlset>\n'
    )
    return briefly_kept(Response(text, mimetype="application/xml"))


def _paths(shelved: list[Shelved]) -> Iterator[str]:
    for lang in current_site().languages:
        spoken = [one for one in shelved if lang in one.campaign.revision.languages]
        for one in spoken:
            yield url_for("public.letter", lang=lang, slug=one.slug)
        if spoken:
            yield url_for("public.campaigns", lang=lang)
        for endpoint in ("about.privacy", "about.accessibility", "about.translation"):
            yield url_for(endpoint, lang=lang)
