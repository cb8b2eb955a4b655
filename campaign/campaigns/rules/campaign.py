"""A campaign: its facts, its demands and its words in each language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.campaigns.rules.letter import Voice
from campaign.errors import CampaignClosed, CampaignNotOpenYet
from campaign.language.review import ReviewStatus
from campaign.recipients.rules.choice import RecipientChoice
from campaign.recipients.rules.recipient import MINISTRIES, office_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from campaign.operator import CampaignOperator
    from campaign.recipients.rules.government import GovernmentChoice

NOTICE_PERIOD = timedelta(days=7)
"""How long before the erasure organisers are told of it."""


class Consent(StrEnum):
    """Purposes that each need a consent of their own.

    `BE_COUNTED` is given with the button that confirms, the others with checkboxes.
    """

    SEND_LETTER = "send_letter"
    SHOW_NAME = "show_name"
    SEND_NEWS = "send_news"
    REPLY_DIRECTLY = "reply_directly"
    SEND_COPY = "send_copy"
    BE_COUNTED = "be_counted"


OPTIONAL_CONSENTS = (
    Consent.SEND_LETTER,
    Consent.SHOW_NAME,
    Consent.SEND_NEWS,
    Consent.REPLY_DIRECTLY,
    Consent.SEND_COPY,
)


class AuthorKind(StrEnum):
    """Who wrote the letter: the operator of the site or somebody else."""

    OPERATOR = "operator"
    OTHER = "other"


class LetterDisplay(StrEnum):
    """What a campaign's page shows: the letter's own text or a retelling."""

    OWN_TEXT = "own text"
    RETELLING = "retelling"


@dataclass(frozen=True)
class SourceDocument:
    """The document that a campaign follows up on: its author, title and dates.

    `title` is empty if it is the campaign's own. `published` is the day it was made public,
    `asked_on` the day it was meant for, if they are known.
    """

    author: str
    title: str
    language: str
    published: date | None
    asked_on: date | None


@dataclass(frozen=True)
class Demand:
    """A demand. `kind`: the key of what it is called, if demands are of several kinds."""

    key: str
    kind: str


@dataclass(frozen=True)
class DemandWords:
    heading: str
    text: str


@dataclass(frozen=True)
class LetterWords:
    """The pieces of a letter. Openings, demands and closings have variants by key.

    `salutations`, `valedictions`: where the usual ones do not fit, by recipient (`IE/justice`) or
    office; `other` is for any that is no ministry.
    """

    subject: str
    salutation: str
    valediction: str
    openings: Mapping[str, str]
    demands: Mapping[str, Mapping[str, str]]
    closings: Mapping[str, str]
    salutations: Mapping[str, str] = field(default_factory=dict)
    valedictions: Mapping[str, str] = field(default_factory=dict)

    def salutation_for(self, recipient: str) -> str:
        return _for_recipient(self.salutations, recipient, self.salutation)

    def valediction_for(self, recipient: str) -> str:
        return _for_recipient(self.valedictions, recipient, self.valediction)


OTHER_OFFICE = "other"
"""The key of what fits any office that no minister heads."""


def _for_recipient(texts: Mapping[str, str], recipient: str, usual: str) -> str:
    office = office_of(recipient)
    if office and office not in MINISTRIES:
        usual = texts.get(OTHER_OFFICE, usual)
    return texts.get(recipient) or texts.get(office, usual)


def government_placeholders(names: Mapping[str, str]) -> Mapping[str, str]:
    """Return the placeholders of letters for what a government and its country are called.

    A campaign may have a table of its own, of the country's `name` and its grammatical cases: it
    gives `$government` and `$government_<case>`.
    """
    if "name" not in names:
        return names
    cases = {f"government_{case}": text for case, text in names.items() if case != "name"}
    return {"government": names["name"], **cases}


@dataclass(frozen=True)
class Words:
    """All words of a campaign in one language.

    `governments` maps a government's code to what it and its country are called in this language's
    sentences (see `government_placeholders`). `author` and `source_title` are empty if they are
    the same as the source's, `thanks` and `share` if the site's own words are said: the heading
    after confirming, and the text that is passed on with the letter's address.
    """

    language: str
    name: str
    title: str
    summary: str
    asked_then: str
    asked_now: str
    retelling: tuple[str, ...]
    demand_kinds: Mapping[str, str]
    demands: Mapping[str, DemandWords]
    consents: Mapping[str, str]
    letter: LetterWords
    governments: Mapping[str, Mapping[str, str]]
    author: str = ""
    source_title: str = ""
    thanks: str = ""
    share: str = ""

    def country_name(self, government: str) -> str:
        """Return the name of a government's country, or "" if these words do not have it."""
        names = self.governments.get(government, {})
        return names.get("country") or names.get("name", "")


@dataclass(frozen=True)
class Facts:
    """What may change without changing the meaning of anybody's signature.

    Another government or office may bring the site's words for it into the revision, no others.

    `operator`: who runs the campaign, if that is not who runs the site.
    `embed_hosts`: the origins whose pages may show the letter in a frame. `by` and `shown` decide
    which of the site's own words are true of this letter. `show_count_from`: the total from which
    on pages show it. `goal`: the total that the campaign wants to reach. `time_zone`: in which its
    supporters read times. `closed_on`, `archived_on`: when organisers closed it, whatever its dates
    are, or put it away; no bundle says so.
    """

    slug: str
    default_language: str
    governments: GovernmentChoice
    opens_on: date | None
    closes_on: date | None
    retention_days: int
    sources: tuple[str, ...]
    review: Mapping[str, str]
    embed_hosts: tuple[str, ...] = ()
    recipients: RecipientChoice = field(default_factory=RecipientChoice)
    by: AuthorKind = AuthorKind.OTHER
    shown: LetterDisplay = LetterDisplay.RETELLING
    show_count_from: int = 0
    goal: int | None = None
    time_zone: str = "UTC"
    closed_on: date | None = None
    archived_on: date | None = None
    operator: CampaignOperator | None = None

    def shows_count(self, total: int) -> bool:
        """Return whether pages show this total: a small one keeps people from signing."""
        return total >= self.show_count_from

    def must_be_open(self, day: date) -> None:
        """Raise CampaignNotOpenYet or CampaignClosed if signing is not possible on that UTC day.

        Both end days count.
        """
        if self.opens_on is not None and day < self.opens_on:
            raise CampaignNotOpenYet(self.opens_on)
        if self.ends_on is not None and self.is_closed_on(day):
            raise CampaignClosed(self.ends_on)

    def must_not_be_archived(self) -> None:
        """Raise CampaignClosed if nothing is accepted any more, not even a confirmation."""
        if self.archived_on is not None:
            raise CampaignClosed(self.ends_on or self.archived_on)

    def is_open_on(self, day: date) -> bool:
        """Return whether signing is possible on that UTC day; both end days count."""
        after_start = self.opens_on is None or self.opens_on <= day
        return after_start and not self.is_closed_on(day)

    @property
    def ends_on(self) -> date | None:
        """Return the last day to sign: that of its dates, or the day on which it was closed."""
        return self.closed_on or self.closes_on

    def is_closed_on(self, day: date) -> bool:
        """Return whether signing is over; whoever closes a campaign closes it at once."""
        if self.closed_on is not None:
            return True
        return self.closes_on is not None and self.closes_on < day

    def needs_review(self, language: str) -> bool:
        return self.review.get(language) == ReviewStatus.AWAITING

    def normalize_source(self, code: str) -> str:
        """Return the code under which a `?source=` is counted; unknown ones become `other`."""
        if not code:
            return ""
        return code if code in self.sources else "other"


@dataclass(frozen=True)
class Revision:
    """What a signature endorses: source, demands and words. Immutable and hashed.

    `voices`: the keys of the variants that belong to each voice, if letters have more than one.
    """

    source: SourceDocument
    demands: tuple[Demand, ...]
    words: Mapping[str, Words]
    voices: Mapping[Voice, tuple[str, ...]] = field(default_factory=dict)

    def voice_of(self, variant: str) -> Voice:
        """Return the voice that a variant belongs to; without voices, all lists are numbered."""
        return next((one for one, keys in self.voices.items() if variant in keys), Voice.NUMBERED)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.words)


@dataclass(frozen=True)
class Campaign:
    facts: Facts
    revision: Revision

    def words_in(self, language: str) -> Words:
        """Return the words in that language, or else in the campaign's default language."""
        words = self.revision.words
        return words.get(language) or words[self.facts.default_language]

    def author_in(self, language: str) -> str:
        return self.words_in(language).author or self.revision.source.author

    def source_title_in(self, language: str) -> str:
        words = self.words_in(language)
        return words.source_title or self.revision.source.title or words.title

    def letter_languages(self, recipient_languages: Iterable[str]) -> tuple[str, ...]:
        """Return the languages that a letter to a recipient can have, in its order of preference.

        They are those that the recipient reads and the campaign has; if there is none, the
        campaign's default language.
        """
        both = tuple(one for one in recipient_languages if one in self.revision.words)
        return both or (self.facts.default_language,)


def erasure_date(facts: Facts) -> date | None:
    """Return the day from which on everything personal is erased; None while no end is set."""
    if facts.ends_on is None:
        return None
    return facts.ends_on + timedelta(days=facts.retention_days)


def was_announced(facts: Facts, told_on: date | None) -> bool:
    """Return whether the notice was about this end: the campaign may have been prolonged since."""
    ends = erasure_date(facts)
    return ends is not None and told_on is not None and told_on >= ends - NOTICE_PERIOD


def is_announcement_due(facts: Facts, told_on: date | None, today: date) -> bool:
    ends = erasure_date(facts)
    return ends is not None and today >= ends - NOTICE_PERIOD and not was_announced(facts, told_on)


def is_erasure_due(facts: Facts, told_on: date | None, today: date) -> bool:
    """Return whether the time is over and the organisers were told in time."""
    ends = erasure_date(facts)
    if ends is None or told_on is None or not was_announced(facts, told_on):
        return False
    return today >= max(ends, told_on + NOTICE_PERIOD)
