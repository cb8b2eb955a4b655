"""Which of a recipient's addresses a letter goes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from campaign.recipients.rules.addresses import AddressStatus, Channel, best_address

KNOWN, CHECKED, VERIFIED, WRONG = AddressStatus


@dataclass
class Made:
    id: int
    status: AddressStatus = KNOWN
    language: str = ""
    checked_on: date | None = None
    channel: Channel = Channel.EMAIL
    value: str = "x"


def best(*addresses: Made, language: str = "fr", live: bool = False) -> int | None:
    found = best_address(addresses, Channel.EMAIL, language, verified_only=live)
    return found.id if found else None


def test_live_only_a_verified_address_is_used() -> None:
    assert best(Made(1), Made(2, WRONG), live=True) is None
    assert best(Made(1), Made(2, VERIFIED), live=True) == 2
    assert best(Made(1, CHECKED, "", date(2026, 1, 1)), live=True) is None


def test_an_address_that_waits_for_a_second_person_is_as_good_as_a_known_one() -> None:
    checked = Made(1, CHECKED, "nl", date(2026, 1, 1))
    assert best(checked) == 1
    assert best(checked, Made(2, language="fr")) == 2
    assert best(checked, Made(2, VERIFIED, "nl", date(2025, 1, 1))) == 2


def test_a_wrong_address_is_never_used() -> None:
    assert best(Made(1, WRONG)) is None
    assert best(Made(1, WRONG, "fr"), Made(2)) == 2


def test_the_address_for_the_letters_language_comes_first_then_that_for_any() -> None:
    three = (Made(1, language="nl"), Made(2), Made(3, language="fr"))
    assert best(*three) == 3
    assert best(*three, language="de") == 2
    assert best(three[0], language="de") == 1


def test_a_verified_address_comes_before_one_that_is_only_known() -> None:
    assert best(Made(1, language="fr"), Made(2, VERIFIED, "nl", date(2026, 1, 1))) == 2


def test_of_two_verified_ones_the_one_checked_last_is_used() -> None:
    old, new = Made(1, VERIFIED, "", date(2026, 1, 1)), Made(2, VERIFIED, "", date(2026, 2, 1))
    assert best(old, new) == best(new, old) == 2


def test_a_postal_address_is_no_e_mail_address() -> None:
    assert best(Made(1, channel=Channel.POSTAL)) is None
