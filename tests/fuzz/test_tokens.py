"""Any text as a link, a code, a return path or a password is right, or refused as it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import example, given, settings, strategies as st

from campaign.errors import InvalidText, TokenError, TokenExpired
from campaign.organisers import totp
from campaign.organisers.passwords import PasswordService, validate_password
from campaign.store.tokens import Purpose, Tokens
from tests.clock import START
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_TEXT, corrupted, superlinear_units
from tests.store.test_tokens import CAMPAIGN, END, ID, OLD, TOKENS, made

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

HASH = bytes(range(32))
STOP = TOKENS.make_stop(CAMPAIGN, HASH, END)
PATH = TOKENS.return_path(ID)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "nine purple lamps sing loudly"
HASHED = PasswordHasher(1, 8, 1).hash(PASSWORD, salt=bytes(16))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

slowly = settings(bounded, max_examples=10)
"""For what takes long on purpose."""


def nearly(good: str) -> st.SearchStrategy[str]:
    return st.one_of(
        ANY_TEXT, corrupted(good.encode()).map(lambda one: one.decode("utf-8", "replace"))
    )


def read_token(text: str) -> UUID:
    return TOKENS.read(Purpose.CONFIRM, CAMPAIGN, text, START)


def read_stop(text: str) -> bytes:
    return TOKENS.read_stop(CAMPAIGN, text, START)


@pytest.mark.parametrize(
    ("read", "link", "meant"),
    [(read_token, made(), ID), (read_stop, STOP, HASH)],
    ids=["a link", "a link that stops mail"],
)
@bounded
@given(data=st.data())
def test_no_link_that_was_changed_is_read_as_another_one(
    data: st.DataObject, read: Callable[[str], object], link: str, meant: object
) -> None:
    typed = data.draw(nearly(link))
    try:
        assert read(typed) == meant
    except TokenError as refused:
        assert typed != link
        assert not isinstance(refused, TokenExpired)  # noqa: PT017 - either is fine
    else:
        # What a mail program hangs on to the last part is passed over.
        assert typed.startswith(link.rpartition(".")[0])


@bounded
@given(identifier=st.uuids(), moment=MOMENTS, purpose=st.sampled_from(Purpose))
def test_any_link_gives_back_what_it_was_made_for_until_its_end(
    identifier: UUID, moment: datetime, purpose: Purpose
) -> None:
    token, end = TOKENS.make(purpose, CAMPAIGN, identifier, moment), moment.replace(microsecond=0)
    assert TOKENS.read(purpose, CAMPAIGN, token, end) == identifier
    with pytest.raises(TokenExpired):
        TOKENS.read(purpose, CAMPAIGN, token, end + timedelta(seconds=1))


@bounded
@given(local=nearly(PATH))
@example(local=PATH.upper())
def test_only_a_return_path_of_this_site_is_read_in_any_case(local: str) -> None:
    try:
        assert TOKENS.read_return_path(local) == ID
    except TokenError:
        assert local.lower() != PATH
    else:
        # Two of the last letter's bits are spare: they say nothing.
        spare = len("bounce-") + 25
        assert (
            local.lower()[:spare] + local.lower()[spare + 1 :] == PATH[:spare] + PATH[spare + 1 :]
        )


@bounded
@given(identifier=st.uuids())
def test_any_return_path_comes_back_for_its_own_message_only(identifier: UUID) -> None:
    path = TOKENS.return_path(identifier)
    assert TOKENS.read_return_path(path.upper()) == identifier
    assert Tokens([OLD]).return_path(identifier) != path
    with pytest.raises(TokenError):
        Tokens([bytes(32)]).read_return_path(path)


@bounded
@given(typed=nearly(TOKENS.confirmation_code(ID)))
def test_only_the_code_of_a_mail_fits_it(typed: str) -> None:
    digits = "".join(one for one in typed if one in "0123456789")
    assert TOKENS.code_matches(ID, typed) is (
        digits in {TOKENS.confirmation_code(ID), Tokens([OLD]).confirmation_code(ID)}
    )


@bounded
@given(typed=nearly("492039"), moment=MOMENTS)
@example(typed="\ud800", moment=START)
@example(typed="４９２０３９", moment=START)
def test_any_text_is_a_code_of_this_time_or_none(typed: str, moment: datetime) -> None:
    step = totp.match_time_step(SECRET, typed, moment)
    now = int(moment.timestamp()) // totp.STEP_SECONDS
    assert step is None or abs(step - now) <= 1
    assert step is None or "".join(typed.split()).isascii()


@bounded
@given(moment=MOMENTS, late=st.integers(-9, 9))
def test_a_code_is_right_for_three_steps_and_no_longer(moment: datetime, late: int) -> None:
    step = int(moment.timestamp()) // totp.STEP_SECONDS + late
    code = pyotp.TOTP(SECRET).at(step * totp.STEP_SECONDS)
    found = totp.match_time_step(SECRET, f" {code[:3]} {code[3:]}\n", moment)
    assert found == (step if abs(late) <= 1 else None)


@slowly
@given(typed=ANY_TEXT)
@example(typed="\ud800" * 15)
def test_any_text_is_the_password_or_not(typed: str) -> None:
    passwords = PasswordService()
    assert passwords.verify(passwords.hash(typed), typed, known=True)
    assert not passwords.verify(passwords.hash(typed), f"{typed}x", known=True)


@slowly
@given(end=corrupted(HASHED.rpartition("$")[2].encode()))
def test_what_was_broken_of_a_hash_fits_no_password(end: bytes) -> None:
    """Its beginning says how much memory it takes, so that stays."""
    kept = f"{HASHED.rpartition('$')[0]}${end.decode('ascii', 'ignore')}"
    assert PasswordService().verify(kept, PASSWORD, known=True) is (kept == HASHED)


@pytest.mark.parametrize(
    "password",
    ["\ud800" * 15, "\0" * 20, "\u0661/\u0662/\u0663" * 5, "²" * 20, " " * 20, "İ" * 200],
)
def test_no_text_does_more_than_being_refused_as_a_password(password: str) -> None:
    with pytest.raises(InvalidText) as refused:
        validate_password(password, ("Testa \ud800 Example", "\0"))
    assert refused.value.reason == "guessable-password"


@pytest.mark.parametrize(
    "parse",
    [read_token, read_stop, TOKENS.read_return_path, lambda typed: TOKENS.code_matches(ID, typed)],
    ids=["link", "stop", "return path", "code"],
)
def test_no_text_is_looked_at_again_and_again(parse: Callable[[str], object]) -> None:
    assert superlinear_units(parse) == []
