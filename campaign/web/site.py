"""Put the web application together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from campaign.web import (
    about,
    cards,
    clerk,
    embed,
    errors,
    health,
    own_letter,
    own_page,
    public,
    search,
    security,
    settled,
    signing,
    styleguide,
    tracing,
    unsubscribe,
)
from campaign.web.compression import compress
from campaign.web.console import console
from campaign.web.context import EXTENSION, Site
from campaign.web.kept import Kept
from campaign.web.shortened import Shortened
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
