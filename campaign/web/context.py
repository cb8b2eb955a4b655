"""The context of views: the web container, and the campaign and language of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from campaign.errors import LanguageUnavailable, NotFound
from campaign.language.catalogue import sort_languages
from campaign.language.formats import sort_by_name, territory_name
from campaign.recipients.rules.government import members_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.campaigns.rules.campaign import Campaign, Words
    from campaign.campaigns.share_images import ShareImages
    from campaign.delivery.links import Links
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.queries.claiming import Pace
    from campaign.language.catalogue import Language
    from campaign.letters.printed_letters import PrintedLetterBuilder
    from campaign.metrics import Metrics
    from campaign.operations.totals_cache import TotalsCache
    from campaign.operator import Operator
    from campaign.organisers.passwords import PasswordService
    from campaign.printing.renderer import PdfRenderer
    from campaign.privacy.ledger import Ledger
    from campaign.recipients.reference_data import ReferenceData
    from campaign.recipients.rules.government import Government
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens
    from campaign.version import Version
    from campaign.web.rate_limits import RateLimiter

EXTENSION = "campaign"


@dataclass(frozen=True)
class WebContainer:
    """The services and settings that views use.

    `dev_sign_in`: whether this is a developer's machine, where the made-up owner may sign in
    without a password and the style guide is shown. `exports_folder`: where the worker puts large
    exports. `minimum_form_time`: the least time it takes to fill in the form.
    `page_cache_enabled`: whether public pages may be cached, as a busy site needs; whoever works on
    a letter wants to see changes at once. `required_verifiers`: how many people have to verify a
    ministry's address.
    """

    database: Database
    keyring: Keyring
    tokens: Tokens
    passwords: PasswordService
    rate_limiter: RateLimiter
    minimum_form_time: timedelta
    campaign_cache: CampaignCache
    links: Links
    reference: ReferenceData
    languages: Mapping[str, Language]
    message_builder: MessageBuilder
    pdf_renderer: PdfRenderer
    share_images: ShareImages
    letter_builder: PrintedLetterBuilder
    pace: Pace
    totals_cache: TotalsCache
    public_totals_cache: TotalsCache
    ledger: Ledger
    exports_folder: Path
    operator: Operator
    base_url: str
    default_slug: str
    banner: str
    live: bool
    required_verifiers: int
    dev_sign_in: bool
    is_https: bool
    trusted_hosts: tuple[str, ...]
    proxy_hops: int
    metrics: Metrics
    page_cache_enabled: bool
    version: Version
    clock: Callable[[], datetime]


def current_container() -> WebContainer:
    return cast("WebContainer", current_app.extensions[EXTENSION])


@dataclass(frozen=True)
class PageContext:
    """A campaign in one language, at the time of the request."""

    loaded: LoadedCampaign
    language: Language
    now: datetime

    @property
    def campaign(self) -> Campaign:
        return self.loaded.campaign

    @property
    def slug(self) -> str:
        return self.loaded.slug

    @property
    def words(self) -> Words:
        return self.campaign.words_in(self.language.tag)

    @property
    def offered_language(self) -> str:
        """The language of this page, or the default one if the campaign no longer offers it."""
        tag = self.language.tag
        offered = tag in self.campaign.revision.words
        return tag if offered else self.campaign.facts.default_language

    def url(self, source: str = "") -> str:
        """Return the letter's URL, with the source if the campaign counts that source."""
        bare = current_container().links.campaign_url(self.offered_language, self.slug)
        return f"{bare}?source={source}" if source in self.campaign.facts.sources else bare

    @property
    def languages(self) -> list[str]:
        return sort_languages(self.campaign.revision.languages)

    @property
    def is_open(self) -> bool:
        return self.campaign.facts.is_open_on(self.now.date())

    @property
    def is_closed(self) -> bool:
        return self.campaign.facts.is_closed_on(self.now.date())

    @property
    def needs_review(self) -> bool:
        """Return whether the campaign's or the site's texts await review by a native speaker."""
        tag = self.language.tag
        return self.campaign.facts.needs_review(tag) or self.language.needs_review

    def governments(self) -> list[Government]:
        """Return the campaign's governments, sorted by name in this language."""
        today = self.now.date()
        key = "governments", self.language.tag, today
        if key not in self.loaded.derived:
            shown = members_on(
                current_container().reference.governments.values(),
                self.campaign.facts.governments_on,
                today,
            )
            by_code = {government.code: government for government in shown}
            self.loaded.derived[key] = [by_code[code] for code in self.by_name(by_code)]
        return list(self.loaded.derived[key])

    def government_names(self) -> Mapping[str, str]:
        """Return the names of the campaign's governments by code, sorted by name."""
        key = "government names", self.language.tag, self.now.date()
        if key not in self.loaded.derived:
            self.loaded.derived[key] = {
                one.code: self.government_name(one.code) for one in self.governments()
            }
        return cast("Mapping[str, str]", self.loaded.derived[key])

    def by_name(self, codes: Iterable[str]) -> list[str]:
        """Return the codes of governments, sorted by name in this language."""
        return sort_by_name(codes, self.government_name, self.language.tag)

    def government_name(self, code: str) -> str:
        """Return a government's name; CLDR's if the campaign's texts no longer include it."""
        names = self.words.governments.get(code)
        return names["name"] if names else territory_name(code, self.language.tag)


def count_mail(page: PageContext) -> bool:
    """Count a mail that this request causes, and return whether its network may still cause it.

    The limit is per hour.
    """
    attacked = page.loaded.attacked_since is not None
    return current_container().rate_limiter.count_mail(
        request.remote_addr or "", page.now.date(), attacked=attacked
    )


def load_page_context(
    session: Session, lang: str, slug: str, *, mailed: bool = False
) -> PageContext:
    """Return the context for a campaign page; raise NotFound if there is none.

    Raise LanguageUnavailable if the campaign does not have the language. Links from mails
    (`mailed`) and forms that were already open still work, with the campaign's texts in its
    default language.
    """
    site = current_container()
    loaded = site.campaign_cache.by_slug(session, slug)
    if lang not in site.languages:
        raise NotFound(f"{lang}/{slug}")
    if not (mailed or request.method == "POST" or lang in loaded.campaign.revision.words):
        raise LanguageUnavailable(loaded.campaign.facts.default_language)
    return PageContext(loaded, site.languages[lang], site.clock())
