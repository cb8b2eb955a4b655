"""Which governments were members on which day, and by which codes they are known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from campaign.recipients.reference_data import ReferenceData, load_reference_data
from campaign.recipients.rules.government import (
    Government,
    GovernmentChoice,
    Membership,
    to_iso_code,
)
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.settings import BASE_DIR

TODAY = date(2026, 11, 2)
LETTER_DAY = date(2000, 9, 28)
FIFTEEN = set("AT BE DE DK ES FI FR GB GR IE IT LU NL PT SE".split())  # noqa: SIM905
DAYS = st.dates(date(1950, 1, 1), date(2100, 1, 1))


@pytest.fixture(scope="module")
def reference() -> ReferenceData:
    return load_reference_data(BASE_DIR / "campaign" / "data")


def asked(reference: ReferenceData, choice: GovernmentChoice, today: date = TODAY) -> set[str]:
    return {one.code for one in choice.choose(reference.governments.values(), today)}


def members(reference: ReferenceData, fixed: date | None, today: date = TODAY) -> set[str]:
    return asked(reference, GovernmentChoice(on=fixed), today)


def test_the_letter_of_2000_went_to_fifteen_governments(reference: ReferenceData) -> None:
    assert members(reference, LETTER_DAY) == FIFTEEN


def test_without_a_fixed_day_todays_27_members_are_shown(reference: ReferenceData) -> None:
    today = members(reference, None)
    assert len(today) == 27
    assert "GB" not in today
    assert FIFTEEN - {"GB"} < today


def test_a_fixed_day_does_not_move_with_today(reference: ReferenceData) -> None:
    for today in (date(1999, 1, 1), date(2026, 11, 2), date(2999, 1, 1)):
        assert members(reference, LETTER_DAY, today) == FIFTEEN


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(1957, 12, 31), 0),
        (date(1958, 1, 1), 6),
        (date(1973, 1, 1), 9),
        (date(1981, 1, 1), 10),
        (date(1986, 1, 1), 12),
        (date(1995, 1, 1), 15),
        (date(2004, 4, 30), 15),
        (date(2004, 5, 1), 25),
        (date(2007, 1, 1), 27),
        (date(2013, 7, 1), 28),
        (date(2020, 1, 31), 28),
        (date(2020, 2, 1), 27),
    ],
)
def test_the_union_had_as_many_members_as_it_had(
    reference: ReferenceData, day: date, number: int
) -> None:
    assert len(members(reference, None, day)) == number


def test_the_last_day_of_membership_counts_and_the_next_one_does_not(
    reference: ReferenceData,
) -> None:
    last = date(2020, 1, 31)
    assert "GB" in members(reference, last)
    assert "GB" not in members(reference, last + timedelta(days=1))


@settings(deadline=None, database=None)
@given(joined=DAYS, years=st.integers(0, 9_000), day=DAYS)
def test_a_state_is_a_member_from_its_first_to_its_last_day(
    joined: date, years: int, day: date
) -> None:
    left = joined + timedelta(days=years)
    state = Government("XX", (Membership("EU", joined, left),))
    inside = {joined + timedelta(days=n) for n in (0, years)}
    outside = {joined - timedelta(days=1), left + timedelta(days=1)}
    assert all(state.member_on(one) for one in inside)
    assert not any(state.member_on(one) for one in outside)
    still = Government("XX", (Membership("EU", joined),))
    assert still.member_on(day) == (day >= joined)
    assert not still.member_on(day, "EFTA")


def test_other_unions_have_the_members_that_they_had(reference: ReferenceData) -> None:
    assert asked(reference, GovernmentChoice("EFTA")) == {"CH", "IS", "LI", "NO"}
    then = GovernmentChoice("EFTA", date(1960, 5, 3))
    assert asked(reference, then) == {"AT", "CH", "DK", "GB", "NO", "PT", "SE"}
    assert {"GB", "NO", "TR", "UA"} <= asked(reference, GovernmentChoice("CoE"))
    assert "RU" not in asked(reference, GovernmentChoice("CoE"))
    candidates = asked(reference, GovernmentChoice("EU-candidate"))
    assert {"MD", "UA"} <= candidates
    assert not candidates & members(reference, None)


def test_a_campaign_adds_states_and_leaves_some_out(reference: ReferenceData) -> None:
    choice = GovernmentChoice("EFTA", also=("GB", "CH"), without=("LI",))
    assert asked(reference, choice) == {"CH", "GB", "IS", "NO"}
    assert str(choice) == "EFTA with GB, CH without LI"


def test_words_are_needed_for_states_that_have_a_day_to_join() -> None:
    later = Government("XX", (Membership("EU", date(2999, 1, 1)),))
    gone = Government("YY", (Membership("EU", date(1990, 1, 1), date(2000, 1, 1)),))
    assert GovernmentChoice().choose([later, gone], TODAY) == ()
    assert GovernmentChoice().choose_any_day([later, gone]) == (later,)
    assert GovernmentChoice(on=date(1995, 1, 1)).choose_any_day([later, gone]) == (gone,)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("EL", "GR"), ("el", "GR"), ("UK", "GB"), ("Uk", "GB"), ("GR", "GR"), ("de", "DE"), ("", "")],
)
def test_the_eus_own_codes_are_understood_as_iso_codes(typed: str, code: str) -> None:
    assert to_iso_code(typed) == code


def test_every_government_has_a_ministry_and_no_two_have_the_same_tile(
    reference: ReferenceData,
) -> None:
    tiles = [one.tile for one in reference.governments.values() if one.tile is not None]
    assert len(set(tiles)) == len(tiles) == 34
    assert all(
        one.tile for one in reference.governments.values() if one.memberships[0].union == "EU"
    )
    assert reference.recipients.keys() >= {recipient_key(code) for code in reference.governments}
