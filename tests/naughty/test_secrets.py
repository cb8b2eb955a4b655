"""Naughty strings where somebody signs in, and where a password or a code is typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from campaign.organisers.passwords import PasswordService
from campaign.organisers.rules.roles import MAX_PASSWORD, MIN_PASSWORD, Role
from campaign.web.context import WEB_SERVICES
from campaign.web.rate_limits import IN_MEMORY, NetworkLimits, RateLimiter
from tests.naughty.pages import clean_page
from tests.naughty.strings import PARSEABLE, URLENCODED, as_received, encoded, pack_into_few_texts
from tests.organiser import (
    CONSOLE_PATH,
    PASSWORD,
    Organiser,
    email_of,
    invite_organiser,
    onboard_organiser,
    totp_secret_in,
)

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.clock import Clock

OWNER = email_of(Role.OWNER)
HARD_TO_GUESS = 2
"""So many are judged in earnest: each one takes a process of its own."""


class QuickPasswords(PasswordService):
    """Compares passwords as the site does, but not slowly."""

    def __init__(self) -> None:
        super().__init__()
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def quick(app: Flask) -> Flask:
    app.extensions[WEB_SERVICES] = replace(
        app.extensions[WEB_SERVICES],
        passwords=QuickPasswords(),
        rate_limiter=RateLimiter(
            IN_MEMORY, b"a made-up key", NetworkLimits(100, 100, 100, 1_000_000)
        ),
    )
    return app


def post(browser: FlaskClient, path: str, **fields: str) -> TestResponse:
    return browser.post(path, data=encoded(fields), content_type=URLENCODED)


def judged(strings: tuple[str, ...]) -> list[str]:
    return [text for text in strings if MIN_PASSWORD <= len(as_received(text)) <= MAX_PASSWORD]


def refused(strings: tuple[str, ...]) -> list[str]:
    """Return what no password can be, because of its length."""
    return [
        *(text for text in strings if text not in judged(strings)),
        *pack_into_few_texts(strings, 3),
    ]


def test_nobody_signs_in_with_them_and_only_the_address_comes_back(
    container: Container, quick: Flask, strings: tuple[str, ...], clock: Clock
) -> None:
    owner, stranger = onboard_organiser(container, quick), quick.test_client()
    for text in [*strings, *pack_into_few_texts(strings, 3)]:
        answer = post(stranger, "/console/sign-in", email=text, password=text, code=text)
        assert answer.status_code in {422, 429}, ascii(text)
        page = clean_page(answer.text, [text])
        assert page.fields["email"] == [as_received(text)], ascii(text)
        assert page.fields["password"] == page.fields["code"] == [""]
    for text in [*PARSEABLE, *pack_into_few_texts(strings, 1)]:
        known = post(stranger, "/console/sign-in", email=OWNER, password=PASSWORD, code=text)
        assert known.status_code in {422, 429}, ascii(text)
    clock.advance(minutes=2)
    assert owner.sign_in(OWNER).status_code == 303


def test_a_lost_form_is_carried_through_the_sign_in(
    container: Container, quick: Flask, strings: tuple[str, ...], clock: Clock
) -> None:
    owner = onboard_organiser(container, quick)
    for heap in pack_into_few_texts(strings, 4):
        clock.advance(minutes=1)
        lost = post(
            quick.test_client(),
            f"{CONSOLE_PATH}/attack/begin?campaign=%00",
            reason=heap,
        )
        page = clean_page(lost.text, strings)
        assert page.fields["carried.reason"] == [as_received(heap)]
        carried = {name: values[0] for name, values in page.fields.items() if values[0]}
        typed = {"email": OWNER, "password": PASSWORD, "code": owner.code()}
        again = clean_page(
            post(owner.browser, "/console/sign-in", **carried, **typed).text, strings
        )
        assert again.fields["reason"] == [as_received(heap)]


def test_an_invitation_takes_no_such_password_or_code_unheard(
    container: Container, quick: Flask, strings: tuple[str, ...]
) -> None:
    browser, link = quick.test_client(), invite_organiser(container)
    good = judged(strings)
    for text in [*refused(strings), *good[:: len(good) // HARD_TO_GUESS]]:
        answer = post(browser, f"{link}/password", password=text)
        assert answer.status_code in {303, 422}, ascii(text)
        assert not any(clean_page(answer.text, [text]).fields["password"]), ascii(text)
    assert post(browser, f"{link}/password", password=PASSWORD).status_code == 303
    for text in [*PARSEABLE, *pack_into_few_texts(strings, 1)]:
        answer = post(browser, f"{link}/code", code=text)
        assert answer.status_code == 422, ascii(text)
        clean_page(answer.text, [text])
    assert totp_secret_in(browser.get(link))


def test_an_account_is_not_changed_by_them(
    container: Container, quick: Flask, strings: tuple[str, ...], clock: Clock
) -> None:
    owner = onboard_organiser(container, quick)
    for path in ("password", "second-step"):
        for text in [*PARSEABLE[:9], *pack_into_few_texts(strings, 2)]:
            answer = of_account(owner, path, current=text, password=text)
            assert answer.status_code == 422, ascii(text)
            clean_page(answer.text, [text])
    clock.advance(minutes=2)
    for text in refused(strings)[:: 1 + len(strings) // 20]:
        answer = of_account(owner, "password", current=PASSWORD, password=text)
        assert answer.status_code == 422, ascii(text)
    assert of_account(owner, "second-step", current=PASSWORD).status_code == 303
    for text in [*PARSEABLE, *pack_into_few_texts(strings, 1)]:
        answer = of_account(owner, "second-step/code", code=text)
        assert answer.status_code == 422, ascii(text)


def of_account(owner: Organiser, path: str, **fields: str) -> TestResponse:
    return post(owner.browser, f"/console/account/{path}", csrf_token=owner.form(), **fields)
