"""A recipient's addresses: several, each with its own evidence."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class Channel(StrEnum):
    EMAIL = "email"
    POSTAL = "postal"


class AddressStatus(StrEnum):
    """Status of an address: known from a source, verified, or wrong, as a person said.

    Checked: one person has checked it; where two are required, a second one has not yet.
    For letters that is the same as known.
    """

    KNOWN = "known"
    CHECKED = "checked"
    VERIFIED = "verified"
    WRONG = "wrong"


class Address(Protocol):
    """An address. `language`: of the letters to it; empty for any. `value`: lines, if postal."""

    id: int
    channel: Channel
    value: str
    language: str
    status: AddressStatus
    checked_on: date | None


AddressT = TypeVar("AddressT", bound=Address)


def best_address(
    addresses: Iterable[AddressT], channel: Channel, language: str, *, verified_only: bool
) -> AddressT | None:
    """Return the address for letters in that language, or None if there is none.

    A verified address comes before one that is only known, one for the language before one
    for any, one for any before one for another, and the one checked last before the others.
    """
    usable = [
        one
        for one in addresses
        if one.channel is channel
        and one.status is not AddressStatus.WRONG
        and (one.status is AddressStatus.VERIFIED or not verified_only)
    ]

    def rank(one: AddressT) -> tuple[bool, bool, bool, date, int]:
        return (
            one.status is AddressStatus.VERIFIED,
            one.language == language,
            not one.language,
            one.checked_on or date.min,
            -one.id,
        )

    return max(usable, key=rank, default=None)
