"""The composition root: builds all objects from the settings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from campaign.campaigns.cache import CampaignCache
from campaign.campaigns.site_words import BundleContext, SiteWords
from campaign.delivery.links import Links
from campaign.delivery.mailer import Mailer, MailWriter
from campaign.delivery.message_builder import MessageBuilder
from campaign.delivery.queries.budgets import Budget
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.language.catalogue import Language, load_languages
from campaign.language.templates import load_templates
from campaign.letters.printed_letters import PrintedLetterBuilder
from campaign.metrics import Metrics
from campaign.news.mail import NewsMailWriter
from campaign.operations.notices import NoticeMailWriter
from campaign.organisers.rules.notices import Notice
from campaign.printing.renderer import PdfRenderer
from campaign.privacy.ledger import Ledger
from campaign.privacy.retention import RetentionMailWriter
from campaign.recipients.public_holidays import PublicHolidays
from campaign.recipients.reference_data import ReferenceData, load_reference_data
from campaign.settings.load import set_prometheus_dir
from campaign.settings.settings import BASE_DIR, Settings
from campaign.store.database import Database
from campaign.store.keyring import Keyring
from campaign.store.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from campaign.campaigns.cache import LoadedCampaign

TEMPLATES = BASE_DIR / "templates"
DATA = BASE_DIR / "campaign" / "data"

CAMPAIGN_CACHE_SECONDS = 1.0
"""Seconds until a busy site notices that a campaign was changed."""

TOTALS_CACHE_SECONDS = 60.0
"""Seconds for which totals over all signatures are cached: with ten million, they take seconds."""

PUBLIC_TOTALS_CACHE_SECONDS = 0.5
"""Seconds for which a busy site caches its public totals, for the pages in all languages."""

PREVIEW_COUNT_SECONDS = 1.0
"""Seconds for which a busy site's web process counts previews before it stores them."""

RECIPIENT_CACHE_SECONDS = 10.0
"""Seconds for which a busy site caches the names of recipients, and the languages they read."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Container:
    """The objects that the web application, the worker and the commands share."""

    settings: Settings
    database: Database
    keyring: Keyring
    tokens: Tokens
    campaign_cache: CampaignCache
    links: Links
    reference: ReferenceData
    site_words: SiteWords
    languages: Mapping[str, Language]
    message_builder: MessageBuilder
    pdf_renderer: PdfRenderer
    letter_builder: PrintedLetterBuilder
    public_holidays: PublicHolidays
    metrics: Metrics
    clock: Callable[[], datetime]

    @cached_property
    def pace(self) -> SitePace:
        """The pace at which this site's letters are claimed."""
        return create_pace(self, live=self.settings.live)

    @cached_property
    def mailer(self) -> Mailer:
        writers: dict[OutgoingKind, MailWriter] = {
            OutgoingKind.NEWS: NewsMailWriter(self.message_builder),
            OutgoingKind.RETENTION: RetentionMailWriter(self.message_builder),
            **{OutgoingKind(one.value): NoticeMailWriter(self.message_builder) for one in Notice},
        }
        return Mailer(self.message_builder, writers, self.settings.rehearsal_address)

    @property
    def ledger(self) -> Ledger:
        return erasure_ledger(self.settings)

    def written_to(self, campaigns: Iterable[LoadedCampaign]) -> set[str]:
        """Return the keys of all recipients that these campaigns may write to today."""
        today = self.clock().date()
        facts = [loaded.campaign.facts for loaded in campaigns]
        candidates = [
            self.reference.candidates(one.governments, one.recipients, today) for one in facts
        ]
        return {key for one in candidates for keys in one.values() for key in keys}

    @property
    def bundle_context(self) -> BundleContext:
        """What campaign bundles are validated against."""
        known = self.reference.governments
        return BundleContext(known, tuple(self.languages), self.site_words)


def build_container(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    data: Path = DATA,
    *,
    with_metrics: bool = False,
) -> Container:
    """Return the container for these settings.

    `data`: the folder with reference data. `with_metrics`: for long-running processes, web and
    worker, which count for Prometheus what they do; commands leave no files behind.
    """
    keyring = Keyring(settings.sealing_keys, settings.identity_key)
    tokens = Tokens(settings.token_keys)
    campaign_cache = CampaignCache(CAMPAIGN_CACHE_SECONDS if settings.production else 0.0)
    links = Links(settings.base_url, tokens)
    reference = _reference_data(data)
    site_words = SiteWords(data)
    languages = load_languages(settings.translations)
    message_builder = MessageBuilder(
        keyring=keyring,
        campaign_cache=campaign_cache,
        tokens=tokens,
        links=links,
        operator=settings.operator,
        languages=languages,
        templates=load_templates(TEMPLATES, watched=not settings.strict),
    )
    metrics = (
        _prometheus_metrics(settings.metrics) if with_metrics and settings.metrics else Metrics()
    )
    return Container(
        settings=settings,
        database=Database(
            settings.database_url,
            metrics.observe_transaction,
            replica_url=settings.replica_url,
            prepared_statements=settings.prepared_statements,
        ),
        keyring=keyring,
        tokens=tokens,
        campaign_cache=campaign_cache,
        links=links,
        reference=reference,
        site_words=site_words,
        languages=languages,
        message_builder=message_builder,
        pdf_renderer=PdfRenderer(TEMPLATES / "printing", DATA / "fonts"),
        letter_builder=PrintedLetterBuilder(keyring, settings.live, site_words.subject_labels()),
        public_holidays=PublicHolidays(),
        metrics=metrics,
        clock=clock,
    )


@cache
def _reference_data(folder: Path) -> ReferenceData:
    """Return the reference data of a folder, which a process reads once."""
    return load_reference_data(folder)


def _prometheus_metrics(folder: Path) -> Metrics:
    set_prometheus_dir(folder)
    # Imported only here: without metrics, a site need not spend the time and memory.
    counting: Metrics = import_module("campaign.operations.prometheus").PrometheusMetrics(folder)
    return counting


def create_pace(container: Container, *, live: bool) -> SitePace:
    """Return the pace at which letters are claimed, enforced in live mode or if configured."""
    settings = container.settings
    return SitePace(
        live=live,
        enforced=live or settings.pace == "always",
        per_hour=settings.letters_per_hour,
        per_day=settings.letters_per_day,
        holidays=container.public_holidays.is_holiday_in,
        jitter=secrets.SystemRandom().random,
        budget=Budget(settings.mails_per_hour, settings.mails_per_domain),
    )


def outbox_folder(settings: Settings) -> Path:
    return settings.instance / "outbox"


def exports_folder(settings: Settings) -> Path:
    """Return the folder for large exports, until they are downloaded or a day old."""
    return settings.instance / "exports"


def erasure_ledger(settings: Settings) -> Ledger:
    return Ledger(settings.instance / "erased.ledger")
