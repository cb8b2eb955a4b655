"""What an organiser sees first: what needs attention, and how the campaigns stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.queries import inbound
from campaign.letters.queries import lists as letter_lists
from campaign.letters.queries.lists import Which
from campaign.letters.rules.letter import LetterState
from campaign.moderation.queries import trial
from campaign.moderation.queries.trends import held_for
from campaign.moderation.trends import trends
from campaign.operations.watch import how_it_stands
from campaign.recipients.queries import addresses, ministries
from campaign.recipients.rules.directory import Channel
from campaign.signatures.queries import counts, statistics as standing
from campaign.signatures.rules.signature import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.moderation.trends import Trends
    from campaign.operations.sums import Letters, Sums
    from campaign.operations.watch import Standing
    from campaign.recipients.rows.ministries import MinistryRow
    from campaign.signatures.rules.signature import HeldFor
    from campaign.store.keyring import Keyring

HOURS = 48
DAYS = 365
"""So many days does the curve show at most; the counts have them all."""


@dataclass(frozen=True)
class CampaignItems:
    """What needs somebody's attention in one campaign.

    `held_for`: confirmed signatures by why they are held. `pending_for`: those that were never
    confirmed; there may be very many, so this may be a minute old. `doubtful`: messages of
    which a person has to say whether they are answers.
    """

    uncertain: int
    failed: int
    doubtful: int
    attacked_since: datetime | None
    held_for: Mapping[HeldFor, int]
    pending_for: Mapping[HeldFor, int]

    @property
    def is_any(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class DirectoryItems:
    """What needs somebody's attention about ministries: they are written to by all campaigns."""

    paused: Sequence[MinistryRow]
    bouncing: list[str]
    unverified: list[str]
    no_address: list[str]
    reported: Mapping[str, int]

    @property
    def is_any(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class Today:
    """Figures of one campaign.

    `unfiled`: messages that came in and fit no letter, of whatever campaign.
    `submitted`: every signature that was ever begun; this, states and letters may be a minute
    old. `by_day`: of the last year, without gaps. `trial`: signed while the site was not live.
    """

    items: CampaignItems
    unfiled: int
    directory: DirectoryItems
    standing: Standing
    submitted: int
    trial: int
    confirmed: int
    by_government: dict[str, int]
    states: Mapping[tuple[State, bool], int]
    letters: dict[LetterState, int]
    answered: int
    by_hour: list[tuple[datetime, int]]
    by_day: list[tuple[date, int]]
    trends: Trends


@dataclass(frozen=True)
class Line:
    """One campaign in the overview."""

    shelved: Shelved
    confirmed: int
    queued: int
    accepted: int
    items: CampaignItems


@dataclass(frozen=True)
class Overview:
    """All campaigns, a line each, and what concerns them all.

    `unfiled`: messages that came in and fit no letter.
    """

    lines: list[Line]
    unfiled: int
    directory: DirectoryItems
    standing: Standing

    @property
    def needs_attention(self) -> bool:
        of_campaigns = any(line.items.is_any for line in self.lines)
        of_all = self.unfiled or self.directory.is_any or self.standing.needs_attention
        return of_campaigns or bool(of_all)


def overview(
    session: Session,
    sums: Sums,
    campaigns: Iterable[Shelved],
    governments: Collection[str],
    now: datetime,
) -> Overview:
    """Return how all campaigns stand; `governments`: whose ministries need an address."""
    return Overview(
        lines=[_line(session, sums, shelved) for shelved in campaigns],
        unfiled=inbound.count_unfiled(session),
        directory=_directory_items(session, governments),
        standing=how_it_stands(session, now),
    )


def _line(session: Session, sums: Sums, shelved: Shelved) -> Line:
    letters = _by_state(sums.letters(session, shelved.campaign_id))
    return Line(
        shelved=shelved,
        confirmed=counts.total(session, shelved.campaign_id),
        queued=letters[LetterState.QUEUED],
        accepted=letters[LetterState.ACCEPTED],
        items=_campaign_items(session, sums, shelved),
    )


def today(
    session: Session,
    keyring: Keyring,
    sums: Sums,
    shelved: Shelved,
    governments: Collection[str],
    now: datetime,
) -> Today:
    """Return the figures; `governments`: whose ministries need an address."""
    campaign_id = shelved.campaign_id
    by_government, by_day = counts.public(session, campaign_id)
    states = sums.signatures(session, campaign_id)
    letters = sums.letters(session, campaign_id)
    return Today(
        items=_campaign_items(session, sums, shelved),
        unfiled=inbound.count_unfiled(session),
        directory=_directory_items(session, governments),
        standing=how_it_stands(session, now),
        submitted=sum(states.values()),
        trial=sums.kept(("trial", campaign_id), lambda: trial.count(session, campaign_id)),
        confirmed=sum(by_government.values()),
        by_government=by_government,
        states=states,
        letters=_by_state(letters),
        answered=sum(letters.answered.values()),
        by_hour=sums.kept(
            ("by hour", campaign_id),
            lambda: standing.confirmed_by_hour(session, campaign_id, HOURS, now),
        ),
        by_day=_without_gaps(by_day, now.date()),
        trends=sums.kept(
            ("trends", campaign_id), lambda: trends(session, keyring, campaign_id, now)
        ),
    )


def _by_state(letters: Letters) -> dict[LetterState, int]:
    return {
        state: sum(number for (_, one), number in letters.by_state.items() if one is state)
        for state in LetterState
        if state is not LetterState.DRAFT
    }


def _campaign_items(session: Session, sums: Sums, shelved: Shelved) -> CampaignItems:
    def number(state: LetterState) -> int:
        return letter_lists.count(session, Which(shelved.campaign_id, state))

    return CampaignItems(
        uncertain=number(LetterState.UNCERTAIN),
        failed=number(LetterState.BOUNCED) + number(LetterState.REFUSED),
        doubtful=inbound.count_doubtful(session, shelved.campaign_id),
        attacked_since=shelved.attacked_since,
        held_for=held_for(session, shelved.campaign_id, State.CONFIRMED),
        pending_for=sums.kept(
            ("pending for", shelved.campaign_id),
            lambda: held_for(session, shelved.campaign_id, State.PENDING),
        ),
    )


def _directory_items(session: Session, governments: Collection[str]) -> DirectoryItems:
    rows = ministries.listing(session)
    meant = [row for row in rows if row.government in governments]
    known = {row.government: row.address(Channel.EMAIL, "", live=False) for row in meant}
    return DirectoryItems(
        paused=[row for row in rows if row.paused_on is not None],
        bouncing=[
            row.government
            for row in rows
            if row.paused_on is None and (row.bounces or row.refused_for_good)
        ],
        unverified=[
            row.government
            for row in meant
            if known[row.government] and not row.verified(Channel.EMAIL)
        ],
        no_address=[code for code, address in known.items() if address is None],
        reported=addresses.open_reports(session),
    )


def _without_gaps(by_day: Mapping[date, int], until: date) -> list[tuple[date, int]]:
    """Return each day from the first to today, at most a year's, also those without any."""
    if not by_day:
        return []
    first = max(min(by_day).toordinal(), until.toordinal() - DAYS + 1)
    last = max(until, *by_day)
    days = [type(until).fromordinal(number) for number in range(first, last.toordinal() + 1)]
    return [(day, by_day.get(day, 0)) for day in days]
