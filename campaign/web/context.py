"""What every view is handed: the site, and the campaign and language of this request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from campaign.errors import LanguageDropped, NotFound
from campaign.language.catalogue import in_official_order
from campaign.language.formats import in_order, territory
from campaign.recipients.rules.government import governments_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelf, Shelved
    from campaign.campaigns.rules.campaign import Campaign, Words
    from campaign.campaigns.share_images import Cards
    from campaign.delivery.letter_message import Composer
    from campaign.delivery.links import Links
    from campaign.delivery.queries.claiming import Pace
    from campaign.language.catalogue import Language
    from campaign.letters.printing import Typesetter
    from campaign.meter import Meter
    from campaign.operations.sums import Sums
    from campaign.operator import Operator
    from campaign.organisers.passwords import Passwords
    from campaign.printing.renderer import Press
    from campaign.privacy.ledger import Ledger
    from campaign.recipients.governments import Reference
    from campaign.recipients.rules.government import Government
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring
    from campaign.store.tokens import Tokens
    from campaign.version import Version
    from campaign.web.rate_limits import Floods

EXTENSION = "campaign"


@dataclass(frozen=True)
class Site:
    """What the web process is made from.

    `direct`: whether this is somebody's own machine, where the made-up owner may sign in without
    a password and the style guide is shown. `exports`: where the worker puts large ones.
    `form_time`: what it takes at least to fill in the form. `keeps_pages`: whether a public page
    may be as old as a busy site needs it; whoever works on a letter wants to see it at once.
    `verifiers`: how many people have to check a ministry's address.
    """

    database: Database
    keyring: Keyring
    tokens: Tokens
    passwords: Passwords
    floods: Floods
    form_time: timedelta
    shelf: Shelf
    links: Links
    reference: Reference
    languages: Mapping[str, Language]
    composer: Composer
    press: Press
    cards: Cards
    typesetter: Typesetter
    pace: Pace
    sums: Sums
    counted: Sums
    ledger: Ledger
    exports: Path
    operator: Operator
    base_url: str
    default_slug: str
    banner: str
    live: bool
    verifiers: int
    direct: bool
    secure: bool
    trusted_hosts: tuple[str, ...]
    proxy_hops: int
    meter: Meter
    keeps_pages: bool
    version: Version
    clock: Callable[[], datetime]


def current_site() -> Site:
    return cast("Site", current_app.extensions[EXTENSION])


@dataclass(frozen=True)
class Visit:
    """A campaign seen in one language, now."""

    shelved: Shelved
    language: Language
    now: datetime

    @property
    def campaign(self) -> Campaign:
        return self.shelved.campaign

    @property
    def slug(self) -> str:
        return self.shelved.slug

    @property
    def words(self) -> Words:
        return self.campaign.words_in(self.language.tag)

    @property
    def offered_language(self) -> str:
        """The language of this page, or the campaign's usual one if it has dropped it since."""
        tag = self.language.tag
        offered = tag in self.campaign.revision.words
        return tag if offered else self.campaign.facts.default_language

    def address(self, source: str = "") -> str:
        """Return the letter's own address, with a source where the campaign counts that one."""
        bare = current_site().links.page(self.offered_language, self.slug)
        return f"{bare}?source={source}" if source in self.campaign.facts.sources else bare

    @property
    def languages(self) -> list[str]:
        return in_official_order(self.campaign.revision.languages)

    @property
    def is_open(self) -> bool:
        return self.campaign.facts.open_on(self.now.date())

    @property
    def is_closed(self) -> bool:
        return self.campaign.facts.closed_before(self.now.date())

    @property
    def awaits_review(self) -> bool:
        """Say whether the campaign's words or the site's own still wait for a native speaker."""
        tag = self.language.tag
        return self.campaign.facts.awaits_review(tag) or self.language.awaits_review

    def governments(self) -> list[Government]:
        """Return the campaign's governments, sorted by their names in this language."""
        today = self.now.date()
        key = "governments", self.language.tag, today
        if key not in self.shelved.made:
            shown = governments_on(
                current_site().reference.governments.values(),
                self.campaign.facts.governments_on,
                today,
            )
            by_code = {government.code: government for government in shown}
            self.shelved.made[key] = [by_code[code] for code in self.by_name(by_code)]
        return list(self.shelved.made[key])

    def government_names(self) -> Mapping[str, str]:
        """Return the campaign's governments by their codes, sorted by name."""
        key = "government names", self.language.tag, self.now.date()
        if key not in self.shelved.made:
            self.shelved.made[key] = {
                one.code: self.government_name(one.code) for one in self.governments()
            }
        return cast("Mapping[str, str]", self.shelved.made[key])

    def by_name(self, codes: Iterable[str]) -> list[str]:
        """Sort governments' codes by their names, as this language does."""
        return in_order(codes, self.government_name, self.language.tag)

    def government_name(self, code: str) -> str:
        """Return a government's name; one that the words no longer have is CLDR's."""
        names = self.words.governments.get(code)
        return names["name"] if names else territory(code, self.language.tag)


def spend_mail(seen: Visit) -> bool:
    """Count a mail that this visitor causes; say whether her network may cause it in this hour."""
    attacked = seen.shelved.attacked_since is not None
    return current_site().floods.spend_mail(
        request.remote_addr or "", seen.now.date(), attacked=attacked
    )


def visit(session: Session, lang: str, slug: str, *, mailed: bool = False) -> Visit:
    """Return the campaign under this address, or raise NotFound.

    Where the campaign does not have the language, raise LanguageDropped; but a `mailed` link and
    a form that was open go on working, with the campaign's words in its default language.
    """
    site = current_site()
    shelved = site.shelf.by_slug(session, slug)
    if lang not in site.languages:
        raise NotFound(f"{lang}/{slug}")
    if not (mailed or request.method == "POST" or lang in shelved.campaign.revision.words):
        raise LanguageDropped(shelved.campaign.facts.default_language)
    return Visit(shelved, site.languages[lang], site.clock())
