"""Create the Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from campaign.campaigns.pages import about, embed, public, search_engines, share_images
from campaign.console import console
from campaign.delivery.pages import preferences
from campaign.news import pages
from campaign.operations import pages as health
from campaign.signing.pages import personal_letter, private, sign
from campaign.web import (
    compression,
    error_handlers,
    request_ids,
    restore_guard,
    security,
    static_files,
    styleguide,
)
from campaign.web.context import EXTENSION, WebContainer
from campaign.web.header_limits import HeaderLimits
from campaign.web.page_cache import PageCache

if TYPE_CHECKING:
    from pathlib import Path

_BLUEPRINTS = (
    *(health, public, search_engines, about, share_images, embed),
    *(sign, private, personal_letter, pages, preferences),
)


def create_flask_app(site: WebContainer, static: Path) -> Flask:
    app = Flask("campaign", static_folder=None)
    app.extensions[EXTENSION] = site
    static_files.init_app(app, static)
    request_ids.init_app(app, site)
    security.init_app(app, site)
    restore_guard.init_app(app)
    compression.init_app(app)
    error_handlers.register_error_handlers(app)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.pages)
    app.register_blueprint(console)
    if site.dev_sign_in:
        app.register_blueprint(styleguide.pages)
    if site.page_cache_enabled:
        app.wsgi_app = PageCache(app.wsgi_app, site.metrics)  # type: ignore[method-assign]
    app.wsgi_app = HeaderLimits(app.wsgi_app)  # type: ignore[method-assign]
    return app
