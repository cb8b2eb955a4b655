"""Whom a supporter's letter is for, and what she is told about that before she types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.choose import choose_recipients
from campaign.web.context import container, web_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.recipients.choose import ChosenRecipient
    from campaign.web.context import PageContext


@dataclass(frozen=True)
class Recipients:
    """Whom a campaign's letters are for, by government; `state` differs once anything does."""

    by_government: Mapping[str, ChosenRecipient | None]
    state: tuple[object, ...]


@dataclass(frozen=True)
class RecipientNotes:
    """What is unusual about governments' recipients, by government.

    `without`: none is known, so that no letter can be written. `waiting`: letters wait until a
    person has verified an address. `standing_in`: the office that stands in for the one that the
    campaign would rather write to.
    """

    without: tuple[str, ...]
    waiting: tuple[str, ...]
    standing_in: Mapping[str, ChosenRecipient]
    all_wait: bool


def chosen_recipients(page: PageContext) -> Recipients:
    """Return whom letters are for, by government; on a busy site some seconds old."""

    def load() -> Recipients:
        with container.database.reading() as session:
            chosen = choose_recipients(session, candidates, live=container.settings.live)
            session.expunge_all()  # they outlive the session
        state = [one and (one.row.key, one.can_be_written_to) for one in chosen.values()]
        return Recipients(chosen, tuple(state))

    candidates = page.candidates()
    key = page.loaded.campaign_id, tuple(candidates.items())
    return web_services.recipient_cache.get_or_set(key, load)


def recipient_notes(page: PageContext, government: str = "") -> RecipientNotes:
    """Return what is unusual about the recipients; with a government, about its own."""
    chosen = chosen_recipients(page).by_government
    meant = [government] if government in chosen else [one.code for one in page.governments()]
    waiting = [code for code in meant if (one := chosen[code]) and not one.can_be_written_to]
    return RecipientNotes(
        without=tuple(code for code in meant if chosen[code] is None),
        waiting=tuple(waiting),
        standing_in={code: one for code in meant if (one := chosen[code]) and one.stands_in},
        all_wait=bool(waiting) and len(waiting) == len(list(filter(None, chosen.values()))),
    )
