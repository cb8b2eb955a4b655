"""Files for crawlers and security researchers: robots.txt, sitemap.xml and security.txt."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, url_for
from markupsafe import escape

from campaign.campaigns.pages.public import cache_briefly
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from campaign.campaigns.cache import LoadedCampaign

pages = Blueprint("search_engines", __name__)

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_GOOD_FOR = timedelta(days=364)
"""RFC 9116, section 2.5.5: less than a year."""


@pages.get("/robots.txt")
def robots() -> Response:
    """Return robots.txt: it names the sitemap and excludes the console (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /console/",
        f"Sitemap: {container.links.absolute_url(url_for('search_engines.sitemap'))}",
    ]
    return cache_briefly(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@pages.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Return security.txt: where to report a vulnerability (RFC 9116)."""
    with container.database.reading_replica() as session:
        loaded = container.campaign_cache.all(session)
    spoken = [lang for lang in container.languages if _offered(loaded, lang)]
    text = "".join(f"{name}: {value}\n" for name, value in _fields(spoken))
    return cache_briefly(Response(text, mimetype="text/plain"))


@pages.get("/sitemap.xml")
def sitemap() -> Response:
    """Return the sitemap: every public page, in every language (sitemaps.org, version 0.9)."""
    with container.database.reading_replica() as session:
        loaded = container.campaign_cache.all(session)
    urls = "".join(
        f"<url><loc>{escape(container.links.absolute_url(path))}</loc></url>\n"
        for path in _paths(loaded)
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_NAMESPACE}">\n{urls}</urlset>\n'
    )
    return cache_briefly(Response(text, mimetype="application/xml"))


def _fields(spoken: list[str]) -> Iterator[tuple[str, str]]:
    yield "Contact", f"mailto:{quote(container.settings.operator.contact, safe='@')}"
    yield "Expires", f"{_a_year_on(container.clock()):%Y-%m-%dT%H:%M:%SZ}"
    yield "Preferred-Languages", ", ".join(spoken)
    # RFC 9116 allows only encrypted web URLs here.
    if container.settings.is_https:
        yield "Canonical", container.links.absolute_url(url_for("search_engines.security_txt"))


def _a_year_on(now: datetime) -> datetime:
    """Return when the file expires: the same for a whole month, so that caches agree."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today.replace(day=1) + _GOOD_FOR


def _offered(loaded: list[LoadedCampaign], lang: str) -> list[LoadedCampaign]:
    """Return the campaigns in a language, without those that are archived."""
    return [
        one
        for one in loaded
        if lang in one.campaign.revision.languages and one.campaign.facts.archived_on is None
    ]


def _paths(loaded: list[LoadedCampaign]) -> Iterator[str]:
    for lang in container.languages:
        spoken = _offered(loaded, lang)
        for one in spoken:
            yield url_for("public.letter", lang=lang, slug=one.slug)
        if spoken:
            yield url_for("public.campaigns", lang=lang)
        for endpoint in ("about.privacy", "about.accessibility", "about.translation"):
            yield url_for(endpoint, lang=lang)
