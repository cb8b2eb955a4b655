"""Links and codes are good for one purpose, in one campaign, for a time."""

from __future__ import annotations

import string
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from campaign.errors import TokenError, TokenExpired
from campaign.store.tokens import ExpiredIdToken, Purpose, Tokens
from tests.clock import START

OLD, NEW, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))
ID = UUID("0197f000-0000-7000-8000-000000000001")
END = START + timedelta(days=7)
CAMPAIGN = "example-campaign"
TOKENS = Tokens([NEW, OLD])
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def made(purpose: Purpose = Purpose.CONFIRM, tokens: Tokens = TOKENS) -> str:
    return tokens.make(purpose, CAMPAIGN, ID, END)


def read(token: str, purpose: Purpose = Purpose.CONFIRM) -> UUID:
    return TOKENS.read(purpose, CAMPAIGN, token, START)


def refused(token: str, purpose: Purpose = Purpose.CONFIRM, campaign: str = CAMPAIGN) -> bool:
    """Say whether a token is refused as one that this site did not make for this."""
    try:
        TOKENS.read(purpose, campaign, token, START)
    except TokenExpired:
        return False
    except TokenError:
        return True
    return False


@pytest.mark.asvs("9.2.2")
@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_gives_its_id_back_for_its_purpose_and_no_other(purpose: Purpose) -> None:
    token = made(purpose)
    assert read(token, purpose) == ID
    assert [other for other in Purpose if not refused(token, other)] == [purpose]


@pytest.mark.asvs("9.2.3", "9.2.4")
def test_a_token_is_good_in_its_campaign_only() -> None:
    for campaign in ("another-campaign", f"{CAMPAIGN}-2", CAMPAIGN[:-1], ""):
        assert refused(made(), campaign=campaign)


@pytest.mark.asvs("9.1.1")
def test_a_token_with_any_character_changed_is_refused() -> None:
    token = made()
    for place, character in enumerate(token):
        # Half the alphabet away: changes the highest bit, which is never spare.
        other = BASE64[(BASE64.index(character) + 32) % 64] if character in BASE64 else "A"
        assert refused(token[:place] + other + token[place + 1 :])


def test_a_token_cut_short_anywhere_is_refused() -> None:
    token = made()
    for length in range(len(token)):
        assert refused(token[:length])
        assert refused(token[length + 1 :])


@pytest.mark.asvs("9.1.1")
def test_two_tokens_cannot_be_mixed() -> None:
    body, _, _ = made().rpartition(".")
    later = TOKENS.make(Purpose.CONFIRM, CAMPAIGN, ID, END + timedelta(days=900))
    assert refused(f"{body}.{later.rpartition('.')[2]}")
    assert refused(f"{later.rpartition('.')[0]}.{made().rpartition('.')[2]}")


@settings(deadline=None, database=None)
@given(st.text() | st.text(BASE64 + ".", min_size=70, max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    assert refused(text)


@settings(deadline=None, database=None)
@given(st.text(max_size=5), st.text(min_size=1, max_size=5))
def test_text_around_a_token_is_refused(before: str, after: str) -> None:
    assert refused(before + made() + after.replace("=", "A") + "A")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "\0", "\ud800", "é.ü", "." * 10_000])
def test_garbage_is_refused(token: str) -> None:
    assert refused(token)


@pytest.mark.asvs("9.2.1")
def test_a_token_is_good_until_its_end_and_not_after() -> None:
    assert TOKENS.read(Purpose.CONFIRM, CAMPAIGN, made(), END) == ID
    with pytest.raises(TokenExpired):
        TOKENS.read(Purpose.CONFIRM, CAMPAIGN, made(), END + timedelta(seconds=1))


def test_an_expired_token_says_what_it_was_made_for() -> None:
    with pytest.raises(ExpiredIdToken) as caught:
        TOKENS.read(Purpose.CONFIRM, CAMPAIGN, made(), END + timedelta(days=400))
    assert caught.value.id == ID


def test_an_expired_token_of_a_stranger_says_nothing() -> None:
    token = made(tokens=Tokens([FOREIGN]))
    with pytest.raises(TokenError) as caught:
        TOKENS.read(Purpose.CONFIRM, CAMPAIGN, token, END + timedelta(days=400))
    assert not isinstance(caught.value, TokenExpired)


def test_tokens_of_an_older_key_are_accepted_and_new_ones_made_with_the_newest() -> None:
    assert read(made(tokens=Tokens([OLD]))) == ID
    assert made() == made(tokens=Tokens([NEW]))
    with pytest.raises(TokenError):
        Tokens([OLD]).read(Purpose.CONFIRM, CAMPAIGN, made(), START)


@pytest.mark.asvs("9.1.3")
def test_tokens_of_an_unknown_key_are_refused() -> None:
    assert refused(made(tokens=Tokens([FOREIGN])))


def test_a_token_can_stand_in_an_address_as_it_is() -> None:
    assert set(made()) <= set(BASE64 + ".")


def test_a_code_has_six_digits_and_differs_from_mail_to_mail() -> None:
    codes = [TOKENS.confirmation_code(UUID(int=number)) for number in range(2000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert any(code.startswith("0") for code in codes)
    assert len(set(codes)) > 1950


def test_a_code_fits_its_own_mail_only() -> None:
    code = TOKENS.confirmation_code(ID)
    assert TOKENS.code_matches(ID, code)
    assert not TOKENS.code_matches(UUID(int=7), code)


def test_a_code_fits_however_its_digits_are_set_apart() -> None:
    code = TOKENS.confirmation_code(ID)
    assert TOKENS.code_matches(ID, f" {code[:3]}-{code[3:]}\n")


def test_a_code_made_with_an_older_key_is_accepted_and_with_an_unknown_one_refused() -> None:
    assert TOKENS.code_matches(ID, Tokens([OLD]).confirmation_code(ID))
    assert not TOKENS.code_matches(ID, Tokens([FOREIGN]).confirmation_code(ID))


@settings(deadline=None, database=None)
@given(st.text())
def test_nothing_but_the_code_itself_fits(typed: str) -> None:
    digits = "".join(character for character in typed if character in string.digits)
    fits = digits in {TOKENS.confirmation_code(ID), Tokens([OLD]).confirmation_code(ID)}
    assert TOKENS.code_matches(ID, typed) is fits


@pytest.mark.parametrize("change", ["{}0", "0{}", "{}{}"])
def test_a_code_with_more_digits_does_not_fit(change: str) -> None:
    code = TOKENS.confirmation_code(ID)
    assert not TOKENS.code_matches(ID, change.format(code, code))


def test_a_stop_link_gives_back_the_keyed_hash_and_is_good_for_nothing_else() -> None:
    address_hash = bytes(range(32))
    token = TOKENS.make_stop(CAMPAIGN, address_hash, END)
    assert TOKENS.read_stop(CAMPAIGN, token, START) == address_hash
    assert all(refused(token, purpose) for purpose in Purpose)
    with pytest.raises(TokenExpired):
        TOKENS.read_stop(CAMPAIGN, token, END + timedelta(seconds=1))
    with pytest.raises(TokenError):
        TOKENS.read_stop("another-campaign", token, START)
    with pytest.raises(TokenError):
        TOKENS.read_stop(CAMPAIGN, made(Purpose.STOP), START)
