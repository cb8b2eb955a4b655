"""The context of views: the container, and the campaign and language of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, request
from werkzeug.local import LocalProxy

from campaign.errors import CampaignMoved, LanguageUnavailable, NotFound
from campaign.language.catalogue import sort_languages
from campaign.language.formats import sort_by_name, territory_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.rules.campaign import Campaign, Words
    from campaign.campaigns.share_images import ShareImages
    from campaign.container import Container
    from campaign.language.catalogue import Language
    from campaign.operations.totals_cache import TotalsCache
    from campaign.organisers.passwords import PasswordService
    from campaign.recipients.rules.government import Government
    from campaign.signing.preview_counter import PreviewCounter
    from campaign.web.rate_limits import RateLimiter

CONTAINER, WEB_SERVICES = "campaign", "campaign.web"
"""The names under which Flask's `app.extensions` has them."""


@dataclass(frozen=True)
class WebServices:
    """What a web process has beside the container: no command or worker needs it."""

    passwords: PasswordService
    rate_limiter: RateLimiter
    preview_counter: PreviewCounter
    share_images: ShareImages
    totals_cache: TotalsCache
    public_totals_cache: TotalsCache
    recipient_cache: TotalsCache


container = cast("Container", LocalProxy(lambda: current_app.extensions[CONTAINER]))
"""The container of the application that answers this request."""

web_services = cast("WebServices", LocalProxy(lambda: current_app.extensions[WEB_SERVICES]))
"""The web services of the application that answers this request."""


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
        bare = container.links.campaign_url(self.offered_language, self.slug)
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
            every = container.reference.governments.values()
            shown = self.campaign.facts.governments.choose(every, today)
            by_code = {government.code: government for government in shown}
            self.loaded.derived[key] = [by_code[code] for code in self.by_name(by_code)]
        return list(self.loaded.derived[key])

    def candidates(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of whom letters may be for, by government, the preferred one first."""
        today = self.now.date()
        key = "candidates", today
        if key not in self.loaded.derived:
            facts = self.campaign.facts
            self.loaded.derived[key] = container.reference.candidates(
                facts.governments, facts.recipients, today
            )
        return cast("dict[str, tuple[str, ...]]", self.loaded.derived[key])

    def government_names(self) -> Mapping[str, str]:
        """Return the names of the campaign's governments by code, sorted by name."""
        key = "government names", self.language.tag, self.now.date()
        if key not in self.loaded.derived:
            self.loaded.derived[key] = {
                one.code: self.government_name(one.code) for one in self.governments()
            }
        return cast("Mapping[str, str]", self.loaded.derived[key])

    def names_of(self, codes: Iterable[str]) -> Mapping[str, str]:
        """Return the names of governments by code, sorted by name."""
        key = "names", self.language.tag, frozenset(codes)
        if key not in self.loaded.derived:
            names = {code: self.government_name(code) for code in self.by_name(key[2])}
            self.loaded.derived[key] = names
        return cast("Mapping[str, str]", self.loaded.derived[key])

    def by_name(self, codes: Iterable[str]) -> list[str]:
        """Return the codes of governments, sorted by name in this language."""
        return sort_by_name(codes, self.government_name, self.language.tag)

    def list_governments(self, codes: Iterable[str]) -> str:
        """Return the names of governments in one line."""
        return ", ".join(map(self.government_name, codes))

    def government_name(self, code: str) -> str:
        """Return a government's name; CLDR's if the campaign's texts no longer include it."""
        return self.words.country_name(code) or territory_name(code, self.language.tag)


def count_signature(page: PageContext) -> bool:
    """Count a signature by this request, and return whether its network is within the limit."""
    attacked = page.loaded.attacked_since is not None
    return web_services.rate_limiter.hit_signature(
        request.remote_addr or "", page.slug, page.now.date(), attacked=attacked
    )


def count_mail(page: PageContext) -> bool:
    """Count a mail that this request causes, and return whether its network may still cause it.

    The limit is per hour.
    """
    attacked = page.loaded.attacked_since is not None
    return web_services.rate_limiter.hit_mail(
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
    loaded = load_campaign(session, slug, follows=mailed or request.method == "POST")
    if lang not in container.languages:
        raise NotFound(f"{lang}/{slug}")
    if not (mailed or request.method == "POST" or lang in loaded.campaign.revision.words):
        raise LanguageUnavailable(loaded.campaign.facts.default_language)
    return PageContext(loaded, container.languages[lang], container.clock())


def load_campaign(session: Session, slug: str, *, follows: bool) -> LoadedCampaign:
    """Return a campaign; what was mailed, or begun, under an address of before still arrives."""
    try:
        return container.campaign_cache.by_slug(session, slug)
    except CampaignMoved as moved:
        if not follows:
            raise
        return container.campaign_cache.by_slug(session, moved.slug)
