"""Choose among a campaign's candidates whom letters are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.choice import Addressing

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
    session: Session,
    candidates: Mapping[str, Sequence[str]],
    to: Addressing = Addressing.ONE,
    *,
    live: bool,
) -> dict[str, tuple[ChosenRecipient, ...]]:
    """Return whom letters are for, by government; none where no candidate is in the directory.

    `candidates`: keys by government, in the campaign's order. If the supporter chooses, these are
    the ones that she chooses from. On a live site a recipient can be written to once its e-mail
    address is verified. Others are left out if there are any that can be written to, unless each
    gets a letter. Otherwise every recipient gets its file.
    """
    wanted = {key for keys in candidates.values() for key in keys}
    rows = {row.key: row for row in recipients.with_keys(session, wanted)}
    return {
        government: _chosen([rows[key] for key in keys if key in rows], keys, to, live=live)
        for government, keys in candidates.items()
    }


def _chosen(
    known: Sequence[RecipientRow], candidates: Sequence[str], to: Addressing, *, live: bool
) -> tuple[ChosenRecipient, ...]:
    usable = [row for row in known if not live or row.has_verified(Channel.EMAIL)]
    picked = known if to is Addressing.EACH else usable or known
    if to is not Addressing.ONE:
        return tuple(
            ChosenRecipient(row, stands_in=False, can_be_written_to=row in usable) for row in picked
        )
    return tuple(ChosenRecipient(row, row.key != candidates[0], bool(usable)) for row in picked[:1])
