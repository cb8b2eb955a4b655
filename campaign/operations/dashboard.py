"""The organisers' dashboard: what needs attention, and each campaign's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.queries import inbound, letter_lists
from campaign.delivery.queries.letter_lists import LetterFilter
from campaign.letters.rules.letter import LetterState
from campaign.moderation.queries import trial
from campaign.moderation.queries.trends import count_held_by_reason
from campaign.moderation.trends import find_trends
from campaign.operations.watch import read_worker_health
from campaign.recipients.queries import addresses, directory, recipients
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.queries import counts, statistics
from campaign.signatures.rules.signature import SignatureState
from campaign.signing.funnel import load_funnel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.moderation.trends import Trends
    from campaign.operations.totals_cache import LetterTotals, TotalsCache
    from campaign.operations.watch import WorkerHealth
    from campaign.recipients.rows import DirectoryImportRow, RecipientRow
    from campaign.signatures.rules.signature import HoldReason
    from campaign.signing.funnel import Funnel
    from campaign.store.keyring import Keyring

CHART_HOURS = 48
CHART_DAYS = 365
"""Maximum length of the chart; the counts have all days."""


@dataclass(frozen=True)
class CampaignActionItems:
    """What needs attention in one campaign.

    `held_by_reason`: confirmed signatures by why they are held. `pending_held_by_reason`: those
    that were never confirmed; there may be very many, so this may be a minute old. `doubtful`:
    messages for which a person has to decide whether they are answers.
    """

    uncertain: int
    failed: int
    doubtful: int
    attacked_since: datetime | None
    held_by_reason: Mapping[HoldReason, int]
    pending_held_by_reason: Mapping[HoldReason, int]

    @property
    def has_items(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class RecipientActionItems:
    """What needs attention about recipients, which all campaigns write to.

    `stale`: an address that letters go to was verified more than half a year ago.
    `waiting_imports`: imports of a directory that a second person has to apply.
    """

    paused: Sequence[RecipientRow]
    bouncing: list[str]
    unverified: list[str]
    no_address: list[str]
    stale: list[str]
    waiting_imports: Sequence[DirectoryImportRow]
    reported: Mapping[str, int]

    @property
    def has_items(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class CampaignDashboard:
    """Figures of one campaign.

    `unfiled`: incoming messages that fit no letter, of any campaign. `submitted`: every signature
    ever submitted; this, states and letters may be a minute old. `by_day`: of the last year,
    without gaps. `trial`: signed while the site was not live.
    """

    items: CampaignActionItems
    unfiled: int
    recipient_items: RecipientActionItems
    worker_health: WorkerHealth
    submitted: int
    trial: int
    confirmed: int
    by_government: dict[str, int]
    states: Mapping[tuple[SignatureState, bool], int]
    letters: dict[LetterState, int]
    answered: int
    by_hour: list[tuple[datetime, int]]
    by_day: list[tuple[date, int]]
    trends: Trends
    funnel: Funnel

    @property
    def today(self) -> int:
        """How many were confirmed on this UTC day."""
        return sum(number for _, number in self.by_day[-1:])

    @property
    def this_week(self) -> int:
        """How many were confirmed on the last seven UTC days."""
        return sum(number for _, number in self.by_day[-7:])


@dataclass(frozen=True)
class CampaignSummary:
    """One campaign in the overview."""

    loaded: LoadedCampaign
    confirmed: int
    queued: int
    waiting: int
    accepted: int
    items: CampaignActionItems


@dataclass(frozen=True)
class Overview:
    """All campaigns, one line each, and what concerns all of them.

    `unfiled`: incoming messages that fit no letter.
    """

    summaries: list[CampaignSummary]
    unfiled: int
    recipient_items: RecipientActionItems
    worker_health: WorkerHealth

    @property
    def needs_attention(self) -> bool:
        of_campaigns = any(line.items.has_items for line in self.summaries)
        of_all = (
            self.unfiled or self.recipient_items.has_items or self.worker_health.needs_attention
        )
        return of_campaigns or bool(of_all)


def load_overview(
    session: Session,
    sums: TotalsCache,
    campaigns: Iterable[LoadedCampaign],
    writes_to: Collection[str],
    now: datetime,
) -> Overview:
    """Return the overview; `writes_to`: the recipients that need an address."""
    return Overview(
        summaries=[_campaign_summary(session, sums, loaded) for loaded in campaigns],
        unfiled=inbound.count_unfiled(session),
        recipient_items=_directory_items(session, writes_to, now.date()),
        worker_health=read_worker_health(session, now),
    )


def _campaign_summary(
    session: Session, sums: TotalsCache, loaded: LoadedCampaign
) -> CampaignSummary:
    letters = _by_state(sums.letter_totals(session, loaded.campaign_id))
    return CampaignSummary(
        loaded=loaded,
        confirmed=counts.total(session, loaded.campaign_id),
        queued=letters[LetterState.QUEUED],
        waiting=letters[LetterState.WAITING],
        accepted=letters[LetterState.ACCEPTED],
        items=_campaign_items(session, sums, loaded),
    )


def load_dashboard(
    session: Session,
    keyring: Keyring,
    sums: TotalsCache,
    loaded: LoadedCampaign,
    writes_to: Collection[str],
    now: datetime,
) -> CampaignDashboard:
    """Return a campaign's figures; `writes_to`: the recipients that need an address."""
    campaign_id = loaded.campaign_id
    by_government, by_day = counts.by_government_and_day(session, campaign_id)
    states = sums.signatures_by_state(session, campaign_id)
    letters = sums.letter_totals(session, campaign_id)
    return CampaignDashboard(
        items=_campaign_items(session, sums, loaded),
        unfiled=inbound.count_unfiled(session),
        recipient_items=_directory_items(session, writes_to, now.date()),
        worker_health=read_worker_health(session, now),
        submitted=sum(states.values()),
        trial=sums.get_or_set(("trial", campaign_id), lambda: trial.count(session, campaign_id)),
        confirmed=sum(by_government.values()),
        by_government=by_government,
        states=states,
        letters=_by_state(letters),
        answered=sum(letters.answered.values()),
        by_hour=sums.get_or_set(
            ("by hour", campaign_id),
            lambda: statistics.confirmed_by_hour(session, campaign_id, CHART_HOURS, now),
        ),
        by_day=_fill_missing_days(by_day, now.date()),
        trends=sums.get_or_set(
            ("trends", campaign_id), lambda: find_trends(session, keyring, campaign_id, now)
        ),
        funnel=sums.get_or_set(
            ("funnel", campaign_id), lambda: load_funnel(session, campaign_id, now.date())
        ),
    )


def _by_state(letters: LetterTotals) -> dict[LetterState, int]:
    return {
        state: sum(number for (_, one), number in letters.by_state.items() if one is state)
        for state in LetterState
        if state is not LetterState.DRAFT
    }


def _campaign_items(
    session: Session, sums: TotalsCache, loaded: LoadedCampaign
) -> CampaignActionItems:
    def number(state: LetterState) -> int:
        return letter_lists.count(session, LetterFilter(loaded.campaign_id, state))

    return CampaignActionItems(
        uncertain=number(LetterState.UNCERTAIN),
        failed=number(LetterState.BOUNCED) + number(LetterState.REFUSED),
        doubtful=inbound.count_doubtful(session, loaded.campaign_id),
        attacked_since=loaded.attacked_since,
        held_by_reason=count_held_by_reason(session, loaded.campaign_id, SignatureState.CONFIRMED),
        pending_held_by_reason=sums.get_or_set(
            ("pending for", loaded.campaign_id),
            lambda: count_held_by_reason(session, loaded.campaign_id, SignatureState.PENDING),
        ),
    )


def _directory_items(
    session: Session, writes_to: Collection[str], today: date
) -> RecipientActionItems:
    rows = recipients.with_keys(session, writes_to)
    in_trouble = [row for row in recipients.in_trouble(session) if row.key in writes_to]
    known = {row.key: row.address_for(Channel.EMAIL, "", live=False) for row in rows}
    return RecipientActionItems(
        paused=[row for row in in_trouble if row.paused_on is not None],
        bouncing=[row.key for row in in_trouble if row.paused_on is None],
        unverified=[
            row.key for row in rows if known[row.key] and not row.has_verified(Channel.EMAIL)
        ],
        no_address=[key for key, address in known.items() if address is None],
        stale=[row.key for row in rows if any(one.is_stale(today) for one in row.addresses)],
        waiting_imports=directory.waiting_imports(session),
        reported=addresses.count_open_reports(session),
    )


def _fill_missing_days(by_day: Mapping[date, int], until: date) -> list[tuple[date, int]]:
    """Return every day from the first to today, at most a year's, including days without any."""
    if not by_day:
        return []
    first = max(min(by_day).toordinal(), until.toordinal() - CHART_DAYS + 1)
    last = max(until, *by_day)
    days = [type(until).fromordinal(number) for number in range(first, last.toordinal() + 1)]
    return [(day, by_day.get(day, 0)) for day in days]
