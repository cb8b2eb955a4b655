"""What an organiser sees first: what needs a hand, and how the campaign stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.domain.directory import Channel
from campaign.domain.letter import LetterState
from campaign.services.trending import trends
from campaign.services.watching import how_it_stands
from campaign.store import addresses, counts, letter_lists, ministries, standing
from campaign.store.letter_lists import Which
from campaign.store.trends import held_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from campaign.domain.signature import HeldFor, State
    from campaign.services.shelf import Shelved
    from campaign.services.sums import Sums
    from campaign.services.trending import Trends
    from campaign.services.watching import Standing
    from campaign.store.rows import MinistryRow
    from campaign.store.vault import Vault

HOURS = 48
DAYS = 365
"""So many days does the curve show at most; the counts have them all."""


@dataclass(frozen=True)
class Hand:
    """What needs a hand, by government or as a number."""

    uncertain: int
    failed: int
    attacked_since: datetime | None
    held_for: Mapping[HeldFor, int]
    paused: Sequence[MinistryRow]
    bouncing: list[str]
    unverified: list[str]
    no_address: list[str]
    reported: Mapping[str, int]

    @property
    def is_needed(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class Today:
    """Figures of one campaign; letters are those of all campaigns.

    `submitted`: every signature that was ever begun; this, states and letters may be a minute
    old. `by_day`: of the last year, without gaps.
    """

    hand: Hand
    standing: Standing
    submitted: int
    confirmed: int
    by_government: dict[str, int]
    states: Mapping[tuple[State, bool], int]
    letters: dict[LetterState, int]
    answered: int
    by_hour: list[tuple[datetime, int]]
    by_day: list[tuple[date, int]]
    trends: Trends


def today(
    session: Session,
    vault: Vault,
    sums: Sums,
    shelved: Shelved,
    governments: Collection[str],
    now: datetime,
) -> Today:
    """Return the figures; `governments`: whose ministries need an address."""
    campaign_id = shelved.campaign_id
    by_government, by_day = counts.public(session, campaign_id)
    states, letters = sums.signatures(session, campaign_id), sums.letters(session)
    of_state: dict[LetterState, int] = {
        state: sum(number for (_, one), number in letters.by_state.items() if one is state)
        for state in LetterState
        if state is not LetterState.DRAFT
    }
    return Today(
        hand=_hand(session, shelved, governments),
        standing=how_it_stands(session, now),
        submitted=sum(states.values()),
        confirmed=sum(by_government.values()),
        by_government=by_government,
        states=states,
        letters=of_state,
        answered=sum(letters.answered.values()),
        by_hour=sums.kept(
            ("by hour", campaign_id),
            lambda: standing.confirmed_by_hour(session, campaign_id, HOURS, now),
        ),
        by_day=_without_gaps(by_day, now.date()),
        trends=sums.kept(("trends", campaign_id), lambda: trends(session, vault, campaign_id, now)),
    )


def _hand(session: Session, shelved: Shelved, governments: Collection[str]) -> Hand:
    rows = ministries.listing(session)
    meant = [row for row in rows if row.government in governments]
    known = {row.government: row.address(Channel.EMAIL, "", live=False) for row in meant}
    return Hand(
        uncertain=letter_lists.count(session, Which(LetterState.UNCERTAIN)),
        failed=letter_lists.count(session, Which(LetterState.BOUNCED))
        + letter_lists.count(session, Which(LetterState.REFUSED)),
        held_for=held_for(session, shelved.campaign_id),
        attacked_since=shelved.attacked_since,
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
