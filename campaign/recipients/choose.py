"""Choose whom a letter is for: the first of a campaign's candidates that can be written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from campaign.recipients.rows import RecipientRow


@dataclass(frozen=True)
class ChosenRecipient:
    """Whom a letter is for. `stands_in`: the campaign would rather write to another one.

    `can_be_written_to`: false if letters wait until a person has verified an address.
    """

    row: RecipientRow
    stands_in: bool
    can_be_written_to: bool


def choose_recipients(
    session: Session, candidates: Mapping[str, Sequence[str]], *, live: bool
) -> dict[str, ChosenRecipient | None]:
    """Return whom letters are for, by government; None where no candidate is in the directory.

    `candidates`: keys by government, the preferred one first. On a live site the first one with a
    verified e-mail address is chosen; if there is none, the first one, and letters wait. Otherwise
    every recipient gets its file, so the first one is chosen.
    """
    wanted = {key for keys in candidates.values() for key in keys}
    rows = {row.key: row for row in recipients.with_keys(session, wanted)}
    return {
        government: _chosen([rows[key] for key in keys if key in rows], keys, live=live)
        for government, keys in candidates.items()
    }


def _chosen(
    known: Sequence[RecipientRow], candidates: Sequence[str], *, live: bool
) -> ChosenRecipient | None:
    usable = [row for row in known if not live or row.has_verified(Channel.EMAIL)]
    row = next(iter(usable or known), None)
    if row is None:
        return None
    return ChosenRecipient(row, row.key != candidates[0], bool(usable))
