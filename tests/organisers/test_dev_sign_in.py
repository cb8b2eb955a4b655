"""In development, on loopback, an address signs the made-up owner in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.organisers.accounts import get_or_create_dev_owner
from campaign.store.tokens import Purpose
from campaign.web_app import create_app
from tests.helpers.settings import live_environ
from tests.organiser import AS_VIEWER, CONSOLE_PATH, hidden_fields, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock


def address(container: Container) -> str:
    with container.database.writing() as session:
        owner = get_or_create_dev_owner(session, container.keyring, container.clock())
    until = container.clock() + timedelta(days=7)
    return f"/console/sign-in/direct/{container.tokens.make(Purpose.DIRECT, '', owner.id, until)}"


def test_its_button_signs_in_and_looking_at_it_does_not(app: Flask, container: Container) -> None:
    browser, path = app.test_client(), address(container)
    assert "Sign in as Example Owner" in browser.get(path).text
    assert "<h1>Sign in" in browser.get(f"{CONSOLE_PATH}/").text
    assert browser.post(path).status_code == 303
    assert "Example Owner" in browser.get(f"{CONSOLE_PATH}/").text


def test_a_fresh_sign_in_asks_the_made_up_owner_for_no_password(
    app: Flask, container: Container, clock: Clock
) -> None:
    browser = app.test_client()
    browser.post(address(container))
    token = hidden_fields(browser.get("/console/people"))["csrf_token"]
    clock.advance(minutes=20)
    fields = {
        "name": "Vic Example",
        "email": "vic@example.org",
        **AS_VIEWER,
        "csrf_token": token,
    }
    asked = browser.post("/console/people/invite", data=fields)
    assert "has no password" in asked.text
    offered = browser.post("/console/sign-in", data=hidden_fields(asked))
    done = browser.post(target_of(offered), data=hidden_fields(offered))
    assert "Give this link to Vic Example" in done.text


@pytest.mark.asvs("6.3.2")
@pytest.mark.parametrize("live", [False, True])
def test_it_is_not_there_for_others_or_when_live(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    live: bool,
) -> None:
    elsewhere = {"CAMPAIGN_BASE_URL": "http://letters.example.org", "CAMPAIGN_HOSTS": "localhost"}
    container = make_container(live_environ(environ) if live else environ | elsewhere)
    browser, path = create_app(container).test_client(), address(container)
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404


def test_it_does_not_answer_another_machine(app: Flask, container: Container) -> None:
    path = address(container)
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert app.test_client().post(path, environ_base=elsewhere).status_code == 404


@pytest.mark.asvs("6.3.2")
def test_no_password_opens_the_made_up_account(app: Flask, container: Container) -> None:
    address(container)
    typed = {"email": "owner@example.org", "password": "", "code": ""}
    assert app.test_client().post("/console/sign-in", data=typed).status_code == 422
