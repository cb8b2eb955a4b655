"""The web applications, made of a house: the site, and the mailbox of development.

Apart from the house, because commands and workers do without Flask: it takes 8 MB and a tenth of
a second.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.campaigns.share_images import Cards
from campaign.container import (
    COUNTED_WITHIN,
    SUMMED_WITHIN,
    build,
    exports_folder,
    ledger_of,
    outbox_folder,
    pace_of,
)
from campaign.delivery.pages import outbox as mailbox
from campaign.errors import SettingsError
from campaign.moderation import trial
from campaign.operations.sums import Sums
from campaign.organisers.passwords import Passwords
from campaign.settings.read import read_settings
from campaign.settings.settings import CHECKOUT
from campaign.store.database import code_of
from campaign.version import running
from campaign.web.context import Site
from campaign.web.rate_limits import ONE_NETWORKS_PART, Floods, Limits
from campaign.web_app import flask_app as site

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import House
    from campaign.settings.settings import Settings

STATIC = CHECKOUT / "static"

log = logs.get(__name__)


def create_app(house: House | None = None) -> Flask:
    """Return the site's web application, by default for the environment's settings.

    Raise TrialUnsettled for a live site with signatures of a trial that nobody has decided about.
    """
    house = house or build(read_settings(), counts=True)
    if house.settings.live:
        _must_be_settled(house)
    return site.create(site_of(house), STATIC)


def _must_be_settled(house: House) -> None:
    try:
        with house.database.reading() as session:
            trial.must_be_settled(session)
    except DBAPIError as error:
        # It can sign nobody and say so until the database is there, and the worker asks again.
        log.warning("database away, trial not looked into", error=code_of(error))


def create_mailbox(house: House | None = None) -> Flask:
    """Return the development mailbox: what left into the outbox, and what did not."""
    house = house or build(read_settings())
    if house.settings.production:
        raise SettingsError(["the mailbox shows personal mail and is for development only"])
    return mailbox.create(
        house.database,
        outbox_folder(house.settings),
        house.settings.sending.summary,
        house.composer.templates,
        house.languages["en"],
        STATIC,
    )


def site_of(house: House) -> Site:
    """Return what the views of a house are handed."""
    settings = house.settings
    return Site(
        database=house.database,
        keyring=house.keyring,
        tokens=house.tokens,
        passwords=Passwords(),
        floods=_floods(settings),
        form_time=timedelta(seconds=settings.form_seconds),
        shelf=house.shelf,
        links=house.links,
        reference=house.reference,
        languages=house.languages,
        composer=house.composer,
        press=house.press,
        cards=Cards(house.press, settings.operator),
        typesetter=house.typesetter,
        pace=pace_of(house, live=settings.live),
        sums=Sums(SUMMED_WITHIN if settings.production else 0.0),
        counted=Sums(COUNTED_WITHIN if settings.production else 0.0),
        ledger=ledger_of(settings),
        exports=exports_folder(settings),
        operator=settings.operator,
        base_url=settings.base_url,
        default_slug=settings.default,
        banner=settings.sending.banner,
        live=settings.live,
        verifiers=settings.verifiers,
        direct=settings.direct,
        secure=settings.secure,
        trusted_hosts=settings.trusted_hosts,
        proxy_hops=settings.proxy_hops,
        meter=house.meter,
        keeps_pages=settings.production,
        version=running(),
        clock=house.clock,
    )


def _floods(settings: Settings) -> Floods:
    # Of the mails that leave in an hour, one network's must leave room for those of others.
    most = max(min(settings.mails_per_hour, settings.mails_per_domain) // ONE_NETWORKS_PART, 1)
    limits = Limits(
        per_form=min(settings.network_per_form, most),
        overall=min(settings.network_overall, most),
        mails=settings.network_mails_per_hour,
    )
    return Floods(settings.limits_store, settings.token_keys[0], limits)
