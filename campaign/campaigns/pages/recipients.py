"""Whom a supporter's letters are for, and what she is told about that before she types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.choose import choose_recipients
from campaign.recipients.rules.choice import Addressing
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.recipients.choose import ChosenRecipient
    from campaign.recipients.rows import RecipientRow
    from campaign.web.context import PageContext


@dataclass(frozen=True)
class Recipients:
    """Whom a campaign's letters are for, by government; `state` differs once anything does."""

    by_government: Mapping[str, tuple[ChosenRecipient, ...]]
    state: tuple[object, ...]


@dataclass(frozen=True)
class RecipientNotes:
    """What is unusual about governments' recipients, by government.

    `without`: none is known, so that no letter can be written. `waiting`: letters wait until a
    person has verified an address. `standing_in`: the office that stands in for the one that the
    campaign would rather write to. `several`: if there may be several, those of the one government
    that is meant. `all_wait`: so do all letters, of every government that is meant.
    """

    without: tuple[str, ...]
    waiting: tuple[str, ...]
    standing_in: Mapping[str, ChosenRecipient]
    to: Addressing
    several: tuple[RecipientRow, ...]
    all_wait: bool


def chosen_recipients(page: PageContext) -> Recipients:
    """Return whom letters are for, by government; on a busy site some seconds old."""

    def load() -> Recipients:
        with container.database.reading() as session:
            chosen = choose_recipients(session, candidates, to, live=container.settings.live)
            session.expunge_all()  # they outlive the session
        state = [(one.row.key, one.can_be_written_to) for all_ in chosen.values() for one in all_]
        return Recipients(chosen, tuple(state))

    candidates, to = page.candidates(), page.campaign.facts.recipients.to
    key = page.loaded.campaign_id, tuple(candidates.items()), to
    return web_services.recipient_cache.get_or_set(key, load)


def recipient_notes(page: PageContext, government: str = "") -> RecipientNotes:
    """Return what is unusual about the recipients; with a government, about its own."""
    chosen, to = chosen_recipients(page).by_government, page.campaign.facts.recipients.to
    meant = [government] if government in chosen else [one.code for one in page.governments()]
    waiting = [
        code
        for code in meant
        if chosen[code] and not any(one.can_be_written_to for one in chosen[code])
    ]
    several = () if to is Addressing.ONE or len(meant) > 1 else chosen[meant[0]]
    return RecipientNotes(
        without=tuple(code for code in meant if not chosen[code]),
        waiting=tuple(waiting),
        standing_in={code: one for code in meant for one in chosen[code] if one.stands_in},
        to=to,
        several=tuple(one.row for one in several),
        all_wait=bool(waiting) and len(waiting) == len(list(filter(None, chosen.values()))),
    )
