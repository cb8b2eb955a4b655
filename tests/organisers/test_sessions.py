"""Sessions end as they should, and a form that comes at the wrong moment is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisers.queries import organisers
from campaign.organisers.rules.roles import Role
from campaign.organisers.sealing import hash_organiser_email
from tests.organiser import (
    AS_VIEWER,
    CONSOLE_PATH,
    PASSWORD,
    Organiser,
    email_of,
    hidden_fields,
    path_of,
    sign_in_organiser,
    target_of,
    totp_secret_in,
)
from tests.organisers.test_sign_in import actions

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock

OWNER = email_of(Role.OWNER)


@pytest.mark.asvs("7.3.1", "7.4.1")
def test_a_session_ends_after_half_an_hour_without_use(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = sign_in_organiser(container, app)
    for _ in range(3):
        clock.advance(minutes=29)
        assert "<h1>Dashboard" in owner.get(f"{CONSOLE_PATH}/").text
    clock.advance(minutes=30)
    assert "<h1>Sign in" in owner.get(f"{CONSOLE_PATH}/").text


@pytest.mark.asvs("7.3.2", "7.4.1")
def test_a_session_ends_after_twelve_hours_whatever_happens(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = sign_in_organiser(container, app)
    for _ in range(29):
        clock.advance(minutes=25)
        seen = owner.get(f"{CONSOLE_PATH}/").text
    assert "<h1>Sign in" in seen


def test_sessions_are_listed_and_ended_one_by_one(container: Container, app: Flask) -> None:
    here, there = sign_in_organiser(container, app), sign_in_organiser(container, app)
    page = here.get("/console/account").text
    ends = [part.partition('"')[0] for part in page.split('action="/console/account/sessions/')[1:]]
    assert len(ends) == 2
    row = page.split("<tr>")
    other = next(part for part in row if "sessions/" in part and "this one" not in part)
    session_id = other.partition("/console/account/sessions/")[2].partition("/")[0]
    answer = here.post(f"/console/account/sessions/{session_id}/end")
    assert "That session has been ended." in here.get(path_of(answer)).text
    assert "<h1>Sign in" in there.get(f"{CONSOLE_PATH}/").text
    assert "<h1>Dashboard" in here.get(f"{CONSOLE_PATH}/").text


@pytest.mark.asvs("8.2.2")
def test_nobody_ends_somebody_elses_session(container: Container, app: Flask) -> None:
    owner, viewer = (
        sign_in_organiser(container, app),
        sign_in_organiser(container, app, Role.VIEWER),
    )
    page = owner.get("/console/account").text
    session_id = page.partition("/console/account/sessions/")[2].partition("/")[0]
    viewer.post(f"/console/account/sessions/{session_id}/end")
    assert "<h1>Dashboard" in owner.get(f"{CONSOLE_PATH}/").text


@pytest.mark.asvs("6.2.2", "7.4.3")
def test_another_password_ends_every_session_but_begins_one_here(
    owner: Organiser, container: Container, app: Flask, clock: Clock
) -> None:
    elsewhere = sign_in_organiser(container, app)
    new = {"current": PASSWORD, "password": "four green kettles hum softly"}
    answer = owner.post("/console/account/password", **new)
    assert "all other sessions have been ended" in owner.get(path_of(answer)).text
    assert "<h1>Sign in" in elsewhere.get(f"{CONSOLE_PATH}/").text
    clock.advance(minutes=1)
    elsewhere.secret = owner.secret
    assert elsewhere.sign_in(OWNER).status_code == 422
    assert elsewhere.sign_in(OWNER, password="four green kettles hum softly").status_code == 303


def test_another_app_counts_once_a_code_of_it_was_typed(owner: Organiser, clock: Clock) -> None:
    assert owner.post("/console/account/second-step", current=PASSWORD).status_code == 303
    new_secret = totp_secret_in(owner.get("/console/account"))
    assert new_secret != owner.secret
    assert owner.post("/console/account/second-step/code", code="000000").status_code == 422
    clock.advance(minutes=1)
    assert owner.sign_in(OWNER).status_code == 303
    clock.advance(minutes=1)
    owner.secret = new_secret
    assert owner.post("/console/account/second-step/code", code=owner.code()).status_code == 303
    clock.advance(minutes=1)
    assert owner.sign_in(OWNER).status_code == 303


@pytest.mark.asvs("7.2.1", "7.4.1")
def test_signing_out_ends_the_session_at_the_site(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    cookie = owner.browser.get_cookie("console", path="/console")
    assert cookie is not None
    assert owner.post("/console/sign-out").status_code == 303
    owner.browser.set_cookie("console", cookie.value, path="/console")
    assert "<h1>Sign in" in owner.get(f"{CONSOLE_PATH}/").text


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_who_is_sent_away_is_out_at_once(container: Container, app: Flask) -> None:
    owner, editor = (
        sign_in_organiser(container, app),
        sign_in_organiser(container, app, Role.EDITOR),
    )
    answer = owner.post(f"/console/people/{editor.organiser_id}/end")
    assert "Access has been ended." in owner.get(path_of(answer)).text
    assert "<h1>Sign in" in editor.get(f"{CONSOLE_PATH}/").text


def test_a_form_of_a_lost_session_is_offered_again_after_signing_in(
    owner: Organiser, clock: Clock, container: Container
) -> None:
    form = owner.form()
    fields = {
        "csrf_token": form,
        "name": "Vic Example",
        "email": "vic@example.org",
        **AS_VIEWER,
    }
    clock.advance(minutes=31)
    asked = owner.browser.post("/console/people/invite", data=fields)
    assert asked.status_code == 403
    assert "nothing is lost" in asked.text
    kept = hidden_fields(asked)
    offered = owner.sign_in(OWNER, **kept)
    assert offered.status_code == 200
    assert "Send it now" in offered.text
    assert "csrf token" not in offered.text
    assert "Vic Example" in offered.text
    done = owner.browser.post(target_of(offered), data=hidden_fields(offered))
    assert "Give this link to Vic Example" in done.text
    # And the very form again, from the browser's history: nothing is repeated.
    owner.browser.post(target_of(offered), data=hidden_fields(offered))
    assert [action for _, action in actions(container)].count("organiser invited") == 2


def test_roles_need_a_sign_in_of_the_last_ten_minutes(owner: Organiser, clock: Clock) -> None:
    clock.advance(minutes=11)
    fields = {
        "name": "Vic Example",
        "email": "vic@example.org",
        **AS_VIEWER,
    }
    asked = owner.post("/console/people/invite", **fields)
    assert asked.status_code == 403
    assert "<h1>Sign in again" in asked.text
    offered = owner.sign_in(OWNER, **hidden_fields(asked))
    done = owner.browser.post(target_of(offered), data=hidden_fields(offered))
    assert "Give this link to Vic Example" in done.text


@pytest.mark.asvs("3.5.1")
def test_a_form_from_another_site_is_refused(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        fields = {"csrf_token": owner.form()}
        answer = owner.browser.post("/console/sign-out", data=fields, headers=headers)
        assert answer.status_code == 403
        tried = app.test_client().post("/console/sign-in", data={}, headers=headers)
        assert tried.status_code == 403
    assert "<h1>Dashboard" in owner.get(f"{CONSOLE_PATH}/").text


def test_a_form_without_its_token_is_asked_about_and_not_acted_on(
    container: Container, app: Flask
) -> None:
    owner, viewer = (
        sign_in_organiser(container, app),
        sign_in_organiser(container, app, Role.VIEWER),
    )
    fields = {
        "name": "Vic Example",
        "email": "vic@example.org",
        **AS_VIEWER,
    }
    for form in ("", "made-up", viewer.form()):
        asked = owner.browser.post("/console/people/invite", data={**fields, "csrf_token": form})
        assert "Send it now?" in asked.text
    with container.database.reading() as session:
        assert (
            organisers.by_email(session, hash_organiser_email(container.keyring, "vic@example.org"))
            is None
        )


@pytest.mark.asvs("3.7.2")
@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "/en/", "/console/\\x"]
)
def test_signing_in_leads_to_the_console_and_nowhere_else(
    owner: Organiser, clock: Clock, target: str
) -> None:
    clock.advance(minutes=1)
    assert path_of(owner.sign_in(OWNER, target=target)) == "/console/"


def test_a_page_that_was_asked_for_follows_the_sign_in(owner: Organiser, clock: Clock) -> None:
    clock.advance(minutes=31)
    asked = owner.get("/console/log?words=invited&who=")
    answer = owner.sign_in(OWNER, **hidden_fields(asked))
    assert path_of(answer) == "/console/log?words=invited&who="
