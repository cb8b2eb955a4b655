"""Whom a campaign's letters are for: one office of each government, or several."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.recipients.rules.recipient import (
    FOREIGN_AFFAIRS,
    is_recipient_key,
    office_of,
    recipient_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


MAX_LETTERS = 3
"""Letters of one signature at most, each to another recipient."""


class Addressing(StrEnum):
    """Which of the recipients that a campaign names get a supporter's letter.

    The first that can be written to, the one that she chooses, or each, with a letter of its own.
    """

    ONE = "one"
    SUPPORTER_CHOOSES = "supporter chooses"
    EACH = "each"


@dataclass(frozen=True)
class RecipientChoice:
    """What a campaign says about its recipients.

    `offices`: of every government, in order; one may also be the key of a recipient that all write
    to, such as EU/high-representative. If letters are for one, the first is preferred and the
    others stand in where it cannot be written to. `named`: keys of recipients instead of these, by
    government, in the same order.
    """

    offices: tuple[str, ...] = (FOREIGN_AFFAIRS,)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    to: Addressing = Addressing.ONE

    @property
    def all_offices(self) -> set[str]:
        """Return the names of the offices that letters may go to, of any government."""
        every = {*self.offices, *(key for keys in self.named.values() for key in keys)}
        return {office_of(one) if is_recipient_key(one) else one for one in every}

    def reaches(self, office: str) -> bool:
        """Return whether letters may go to an office; of a recipient's key, to such an office."""
        name = office_of(office) if is_recipient_key(office) else office
        return name in self.all_offices

    def candidates(self, government: str) -> tuple[str, ...]:
        """Return the keys of whom a government's supporters may write to, the preferred first."""
        return self.named.get(government) or tuple(
            office if is_recipient_key(office) else recipient_key(government, office)
            for office in self.offices
        )
