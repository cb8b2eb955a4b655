"""Put the web application together: Flask, blueprints, middleware, and what views are handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.campaigns.pages import about, embed, public, search_engines, share_images
from campaign.campaigns.share_images import ShareImages
from campaign.console import console, styleguide
from campaign.container import (
    PREVIEW_COUNT_SECONDS,
    PUBLIC_TOTALS_CACHE_SECONDS,
    RECIPIENT_CACHE_SECONDS,
    TOTALS_CACHE_SECONDS,
    build_container,
    outbox_folder,
)
from campaign.delivery.pages import dev_mailbox, preferences
from campaign.errors import SettingsError
from campaign.moderation import trial
from campaign.news import pages
from campaign.operations import pages as health
from campaign.operations.totals_cache import TotalsCache
from campaign.organisers.passwords import PasswordService
from campaign.recipients.console import RecipientConverter
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from campaign.signing.pages import personal_letter, private, signing
from campaign.signing.preview_counter import PreviewCounter
from campaign.store.database import database_error_code
from campaign.web import (
    compression,
    error_handlers,
    request_ids,
    restore_guard,
    security,
    static_files,
)
from campaign.web.context import CONTAINER, WEB_SERVICES, WebServices
from campaign.web.header_limits import HeaderLimits
from campaign.web.page_cache import PageCache
from campaign.web.rate_limits import NETWORK_SHARE_DIVISOR, NetworkLimits, RateLimiter

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.container import Container
    from campaign.settings.settings import Settings

STATIC = BASE_DIR / "static"

log = logs.get_logger(__name__)


def create_app(container: Container | None = None) -> Flask:
    """Return the site's web application, by default with the settings in the environment.

    Raise TrialUndecided if the site is live and nobody has decided about the signatures of its
    trial.
    """
    container = container or build_container(load_settings(), with_metrics=True)
    if container.settings.live:
        _must_be_settled(container)
    return create_flask_app(container, create_web_services(container), STATIC)


def _must_be_settled(container: Container) -> None:
    try:
        with container.database.reading() as session:
            trial.must_be_decided(session)
    except DBAPIError as error:
        # Until the database is back, nobody can sign anyway, and the worker checks again.
        log.warning(
            "database unavailable, trial signatures not checked", error=database_error_code(error)
        )


def create_mailbox_app(container: Container | None = None) -> Flask:
    """Return the development mailbox: mail that was put into the outbox, and mail that was not.

    Raise SettingsError in production.
    """
    container = container or build_container(load_settings())
    if container.settings.production:
        raise SettingsError(["the mailbox shows personal mail and is for development only"])
    return dev_mailbox.create_mailbox_app(
        container.database,
        outbox_folder(container.settings),
        container.settings.transport_class.summary,
        container.message_builder.templates,
        container.languages["en"],
        STATIC,
    )


def create_web_services(container: Container) -> WebServices:
    settings = container.settings
    seconds = TOTALS_CACHE_SECONDS if settings.production else 0.0
    public_seconds = PUBLIC_TOTALS_CACHE_SECONDS if settings.production else 0.0
    return WebServices(
        passwords=PasswordService(),
        rate_limiter=_rate_limiter(settings),
        preview_counter=PreviewCounter(
            container.database, PREVIEW_COUNT_SECONDS if settings.production else 0.0
        ),
        share_images=ShareImages(container.pdf_renderer, settings.operator),
        totals_cache=TotalsCache(seconds),
        public_totals_cache=TotalsCache(public_seconds),
        recipient_cache=TotalsCache(RECIPIENT_CACHE_SECONDS if settings.production else 0.0),
    )


def _rate_limiter(settings: Settings) -> RateLimiter:
    # One network's share of the mails sent in an hour must leave room for those of others.
    most = max(min(settings.mails_per_hour, settings.mails_per_domain) // NETWORK_SHARE_DIVISOR, 1)
    limits = NetworkLimits(
        per_campaign=min(settings.network_per_form, most),
        overall=min(settings.network_overall, most),
        mails=settings.network_mails_per_hour,
    )
    return RateLimiter(settings.limits_store, settings.token_keys[0], limits)


_BLUEPRINTS = (
    *(health, public, search_engines, about, share_images, embed),
    *(private, personal_letter, pages, preferences),
)


def create_flask_app(container: Container, services: WebServices, static: Path) -> Flask:
    app, settings = Flask("campaign", static_folder=None), container.settings
    app.extensions |= {CONTAINER: container, WEB_SERVICES: services}
    static_files.init_app(app, static)
    request_ids.init_app(app, container)
    security.init_app(app, settings)
    restore_guard.init_app(app)
    compression.init_app(app)
    error_handlers.register_error_handlers(app)
    app.url_map.converters["recipient"] = RecipientConverter
    app.register_blueprint(signing)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.pages)
    app.register_blueprint(console)
    if settings.dev_sign_in:
        app.register_blueprint(styleguide.pages)
    if settings.production:
        app.wsgi_app = PageCache(app.wsgi_app, container.metrics)  # type: ignore[method-assign]
    app.wsgi_app = HeaderLimits(app.wsgi_app)  # type: ignore[method-assign]
    return app
