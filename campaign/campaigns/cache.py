"""Cache of the campaigns in the database, parsed once per revision."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from campaign.campaigns.compose import all_letter_texts
from campaign.campaigns.queries import campaigns as queries
from campaign.campaigns.rules.campaign import Campaign
from campaign.campaigns.serialization import parse_campaign, parse_revision
from campaign.campaigns.similarity import normalized_sentences
from campaign.store.database import is_from_replica

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.queries.campaigns import StoredCampaign


_SEEN = "campaigns seen"


@dataclass(frozen=True)
class LoadedCampaign:
    """A campaign with its current revision, and the ids that rows refer to.

    `uid`: what tokens are bound to; it never changes.
    `attacked_since`: while it is set, new signatures are held. `wording`: the number of the current
    wording. `wordings`: how many were ever published. `is_rehearsal`: nothing of it counts.
    """

    campaign_id: int
    uid: str
    revision_id: int
    digest: str
    campaign: Campaign
    attacked_since: datetime | None
    wording: int = 1
    wordings: int = 1
    is_rehearsal: bool = False
    derived: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """Values that callers derived from this very state of the campaign."""
    _supplied: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, compare=False)

    @property
    def slug(self) -> str:
        return self.campaign.facts.slug

    def campaign_sentences(self, government: str, language: str) -> frozenset[str]:
        """Return the normalised sentences that the campaign itself can put into a letter."""
        key = government, language
        if key not in self._supplied:
            texts = all_letter_texts(self.campaign, government, language)
            self._supplied[key] = frozenset(
                one for text in texts for one in normalized_sentences(text)
            )
        return self._supplied[key]


class CampaignCache:
    """Parsed campaigns, cached by the values they were read from, so that changes are noticed.

    `seconds`: how long an entry is used without asking the database for changes; with 0 every
    change is seen immediately. Entries from the replica are used only by who reads from it.
    """

    def __init__(self, seconds: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._parsed: dict[int, tuple[tuple[object, ...], LoadedCampaign]] = {}
        self._seconds = seconds
        self._now = now
        self._seen_until: dict[tuple[str | int, bool], tuple[float, LoadedCampaign]] = {}

    def by_slug(self, session: Session, slug: str) -> LoadedCampaign:
        """Return the campaign with that slug.

        Raise NotFound if there is none, CampaignMoved if one had it before.
        """
        return self._cached(
            (slug, is_from_replica(session)),
            lambda: self._load(session, queries.by_slug(session, slug)),
        )

    def by_id(self, session: Session, campaign_id: int) -> LoadedCampaign:
        """Return a campaign, looked up at most once per database session."""
        seen: dict[int, LoadedCampaign] = session.info.setdefault(_SEEN, {})
        if campaign_id not in seen:
            seen[campaign_id] = self._cached(
                (campaign_id, is_from_replica(session)),
                lambda: self._load(session, queries.by_id(session, campaign_id)),
            )
        return seen[campaign_id]

    def all(self, session: Session) -> list[LoadedCampaign]:
        return [self._load(session, current) for current in queries.all_current(session)]

    def in_language(self, session: Session, language: str) -> list[LoadedCampaign]:
        """Return the campaigns that are available in a language."""
        return [one for one in self.all(session) if language in one.campaign.revision.languages]

    def with_revision(self, session: Session, campaign_id: int, revision_id: int) -> Campaign:
        """Return a campaign with the given one of its revisions, as a signature endorsed it."""
        loaded = self.by_id(session, campaign_id)
        if revision_id == loaded.revision_id:
            return loaded.campaign
        key = ("revision", revision_id)
        if key not in loaded.derived:
            document = queries.revision_document(session, revision_id)
            revision = parse_revision(document)
            loaded.derived[key] = Campaign(loaded.campaign.facts, revision)
        made: Campaign = loaded.derived[key]
        return made

    def _cached(
        self, key: tuple[str | int, bool], look: Callable[[], LoadedCampaign]
    ) -> LoadedCampaign:
        if not self._seconds:
            return look()
        now = self._now()
        until, loaded = self._seen_until.get(key, (now, None))
        if loaded is None or now >= until:
            loaded = look()
            self._seen_until[key] = now + self._seconds, loaded
        return loaded

    def _load(self, session: Session, current: StoredCampaign) -> LoadedCampaign:
        read_from = (
            # SQLite gives the id of a revision that was taken back to the next one.
            *(current.facts, current.revision_id, current.digest, current.attacked_since),
            *(current.wording, current.wordings),
        )
        kept = self._parsed.get(current.campaign_id)
        if kept and kept[0] == read_from:
            return kept[1]
        document = queries.revision_document(session, current.revision_id)
        loaded = LoadedCampaign(
            campaign_id=current.campaign_id,
            uid=current.uid,
            revision_id=current.revision_id,
            digest=current.digest,
            campaign=parse_campaign(current.facts, document),
            attacked_since=current.attacked_since,
            wording=current.wording,
            wordings=current.wordings,
            is_rehearsal=current.is_rehearsal,
        )
        self._parsed[current.campaign_id] = (read_from, loaded)
        return loaded
