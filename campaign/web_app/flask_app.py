"""Put the web application together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from campaign.campaigns.pages import (
    about,
    embed,
    letter as public,
    search_engines as search,
    share_images as cards,
)
from campaign.console import console
from campaign.delivery.pages import preferences as clerk
from campaign.news import pages as unsubscribe
from campaign.operations import pages as health
from campaign.signing.pages import (
    private as own_page,
    private_letter as own_letter,
    sign as signing,
)
from campaign.web import (
    errors,
    request_ids as tracing,
    restore_guard as settled,
    security,
    styleguide,
)
from campaign.web.compression import compress
from campaign.web.context import EXTENSION, Site
from campaign.web.header_limits import Shortened
from campaign.web.page_cache import Kept
from campaign.web.static_files import serve_static

if TYPE_CHECKING:
    from pathlib import Path

_ROOMS = (
    *(health, public, search, about, cards, embed),
    *(signing, own_page, own_letter, unsubscribe, clerk),
)


def create(site: Site, static: Path) -> Flask:
    app = Flask("campaign", static_folder=None)
    app.extensions[EXTENSION] = site
    serve_static(app, static)
    tracing.trace(app, site)
    security.protect(app, site)
    settled.ask_before_forms(app)
    compress(app)
    errors.register(app)
    for room in _ROOMS:
        app.register_blueprint(room.pages)
    app.register_blueprint(console)
    if site.direct:
        app.register_blueprint(styleguide.pages)
    if site.keeps_pages:
        app.wsgi_app = Kept(app.wsgi_app, site.meter)  # type: ignore[method-assign]
    app.wsgi_app = Shortened(app.wsgi_app)  # type: ignore[method-assign]
    return app
