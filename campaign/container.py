"""The composition root: settings become the objects that everything else is handed."""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from campaign.campaigns.bundle import Known
from campaign.campaigns.cache import Shelf
from campaign.delivery.deliver import Courier, Hands
from campaign.delivery.deliver_digests import DailyCourier
from campaign.delivery.digest import Binder
from campaign.delivery.letter_message import Composer
from campaign.delivery.links import Links
from campaign.delivery.mail_message import Mailer
from campaign.delivery.queries.budgets import Budget
from campaign.delivery.queries.claiming import Pace
from campaign.delivery.transports import Options
from campaign.exports import formats as exports
from campaign.exports.build import Builder
from campaign.exports.formats.csv import pieces as separated
from campaign.exports.handover import Packer
from campaign.language.catalogue import Language, load_languages
from campaign.language.templates import environment
from campaign.letters.printing import Typesetter
from campaign.mail.smtp import Server
from campaign.meter import Meter
from campaign.operations.outage import Outage
from campaign.operations.watch import Watch
from campaign.printing.renderer import Press
from campaign.privacy.ledger import Ledger
from campaign.privacy.retention import Eraser
from campaign.recipients.governments import Reference, load_reference
from campaign.recipients.holidays import PublicHolidays
from campaign.settings.read import count_into
from campaign.settings.settings import CHECKOUT, Settings
from campaign.store.database import Database
from campaign.store.keyring import Keyring
from campaign.store.tokens import Tokens
from campaign.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campaign.delivery.rules.delivery import Transport

TEMPLATES = CHECKOUT / "templates"
DATA = CHECKOUT / "campaign" / "data"

SEEN_WITHIN = 1.0
"""Seconds after which a busy site sees that a campaign was changed."""

SUMMED_WITHIN = 60.0
"""Seconds for which sums over all signatures are good: with ten million they take seconds."""

COUNTED_WITHIN = 0.5
"""Seconds for which a busy site's public figures are good: pages in all languages share them."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """What web, worker and command line share."""

    settings: Settings
    database: Database
    keyring: Keyring
    tokens: Tokens
    shelf: Shelf
    links: Links
    reference: Reference
    languages: Mapping[str, Language]
    composer: Composer
    press: Press
    typesetter: Typesetter
    calendars: PublicHolidays
    meter: Meter
    clock: Callable[[], datetime]

    @property
    def known(self) -> Known:
        """What campaign bundles are checked against."""
        return Known(self.reference.governments, tuple(self.languages))


def build(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    data: Path = DATA,
    *,
    counts: bool = False,
) -> House:
    """Return the house for these settings.

    `data`: the folder of reference data. `counts`: for a process that goes on, web or worker,
    which counts for Prometheus what it does; commands leave nothing behind.
    """
    keyring = Keyring(settings.sealing_keys, settings.identity_key)
    tokens = Tokens(settings.token_keys)
    shelf = Shelf(SEEN_WITHIN if settings.production else 0.0)
    links = Links(settings.base_url, tokens)
    reference = load_reference(data)
    languages = load_languages(settings.translations)
    composer = Composer(
        keyring=keyring,
        shelf=shelf,
        tokens=tokens,
        links=links,
        operator=settings.operator,
        reference=reference,
        languages=languages,
        templates=environment(TEMPLATES, watched=not settings.strict),
    )
    meter = _counting(settings.metrics) if counts and settings.metrics else Meter()
    return House(
        settings=settings,
        database=Database(settings.database_url, meter.transaction),
        keyring=keyring,
        tokens=tokens,
        shelf=shelf,
        links=links,
        reference=reference,
        languages=languages,
        composer=composer,
        press=Press(TEMPLATES / "print", DATA / "fonts"),
        typesetter=Typesetter(keyring, reference.ministries, live=settings.live),
        calendars=PublicHolidays(),
        meter=meter,
        clock=clock,
    )


def _counting(folder: Path) -> Meter:
    count_into(folder)
    # By name: it takes time and memory that a site which counts nothing can do without.
    counting: Meter = import_module("campaign.operations.prometheus").Counting(folder)
    return counting


def create_worker(
    house: House,
    transport: Transport | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> Worker:
    settings = house.settings
    chosen = transport or transport_of(settings)
    pace = pace_of(house, live=chosen.live)
    hands = Hands(house.database, chosen, worker_name(), pace, house.clock, house.meter)
    binder = Binder(house.composer, house.typesetter, house.press, separated)
    couriers = Courier(hands, house.composer, Mailer(house.composer)), DailyCourier(hands, binder)
    returned = create_builder(house), create_eraser(house)
    return Worker(hands, house.keyring, *couriers, *returned, ticks)


def create_watch(house: House, transport: Transport | None = None) -> Watch:
    settings = house.settings
    chosen = transport or transport_of(settings)
    return Watch(house.database, house.keyring, chosen, settings.operator, house.composer.templates)


def create_outage(house: House, transport: Transport | None = None) -> Outage:
    settings = house.settings
    mark = settings.instance / "database-down"
    chosen = transport or transport_of(settings)
    return Outage(mark, chosen, settings.operator, house.composer.templates)


def pace_of(house: House, *, live: bool) -> Pace:
    """Return how letters are claimed: at a pace in live mode, or where it is asked for."""
    settings = house.settings
    return Pace(
        live=live,
        kept=live or settings.pace == "always",
        per_hour=settings.letters_per_hour,
        per_day=settings.letters_per_day,
        holidays=house.calendars.of,
        chance=secrets.SystemRandom().random,
        budget=Budget(settings.mails_per_hour, settings.mails_per_domain),
    )


def worker_name() -> str:
    """Return a name that tells one worker from another, also after a restart."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(3)}"


def outbox_folder(settings: Settings) -> Path:
    return settings.instance / "outbox"


def exports_folder(settings: Settings) -> Path:
    """Return where large exports stand until they are fetched or a day old."""
    return settings.instance / "exports"


def create_packer(house: House) -> Packer:
    return Packer(
        keyring=house.keyring,
        press=house.press,
        ministries=house.reference.ministries,
        languages=house.languages,
        operator=house.settings.operator,
        shelf=house.shelf,
        table_pieces=exports.load("csv").pieces,
    )


def create_eraser(house: House) -> Eraser:
    return Eraser(house.database, house.shelf, ledger_of(house.settings), house.clock)


def ledger_of(settings: Settings) -> Ledger:
    return Ledger(settings.instance / "erased.ledger")


def create_builder(house: House) -> Builder:
    return Builder(
        database=house.database,
        keyring=house.keyring,
        shelf=house.shelf,
        load_format=exports.load,
        packer=create_packer(house),
        typesetter=house.typesetter,
        folder=exports_folder(house.settings),
        name=worker_name(),
        clock=house.clock,
    )


def transport_of(settings: Settings) -> Transport:
    """Return the transport that the settings choose, ready to connect."""
    return settings.sending.from_options(transport_options(settings))


def transport_options(settings: Settings) -> Options:
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=settings.smtp_password,
        ca_file=settings.smtp_ca_file,
    )
    return Options(outbox_folder(settings), server, settings.rehearsal_address)
