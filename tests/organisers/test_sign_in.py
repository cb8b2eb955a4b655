"""Organisers are invited, set a password and a second step, and sign in."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from wtforms.fields.core import UnboundField
from wtforms.form import FormMeta

from campaign.organisers.forms import account as forms
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.web.error_handlers import SECRET_FIELDS
from campaign.web_app import create_app
from tests.organiser import (
    AS_VIEWER,
    CONSOLE_PATH,
    PASSWORD,
    UNUSED_TOTP_SECRET,
    Organiser,
    email_of,
    hidden_fields,
    invite_organiser,
    path_of,
    sign_in_organiser,
    totp_secret_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock

OWNER = email_of(Role.OWNER)


def actions(container: Container) -> list[tuple[str, str]]:
    with container.database.reading() as session:
        return [(row.who, row.action) for row in audit_log.search(session, AuditFilter(), limit=20)]


@pytest.mark.asvs("6.4.1")
def test_the_command_prints_a_link_that_works_once(
    container: Container, app: Flask, command: Callable[..., Result]
) -> None:
    result = command("organiser", "invite", "Ona Example", OWNER, "--site-owner")
    assert result.exit_code == 0, result.output
    link = "/console" + result.output.partition("/console")[2].split()[0]
    browser = app.test_client()
    assert "Choose a password" in browser.get(link).text
    browser.post(f"{link}/password", data={"password": PASSWORD})
    organiser = Organiser(container, browser, None, totp_secret_in(browser.get(link)))  # type: ignore[arg-type]
    answer = browser.post(f"{link}/code", data={"code": organiser.code()})
    assert path_of(answer) == "/console/account/recovery-codes?said=welcome"
    assert "Create your recovery codes" in browser.get(path_of(answer)).text
    assert browser.get(f"{CONSOLE_PATH}/").status_code == 200
    assert browser.get(link).status_code == 404
    assert browser.post(f"{link}/password", data={"password": PASSWORD}).status_code == 404
    listed = command("organiser", "list").output
    assert f"Ona Example  <{OWNER}>  site owner  can sign in" in listed


@pytest.mark.asvs("6.4.1")
def test_an_invitation_runs_out_after_a_week(
    container: Container, app: Flask, clock: Clock
) -> None:
    link = invite_organiser(container)
    clock.advance(days=7, seconds=1)
    assert app.test_client().get(link).status_code == 404


@pytest.mark.asvs("6.2.1", "6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short but odd9", "shorter than 15"),
        ("x" * 201, "longer than 200"),
        ("passwordpassword", "easy to guess"),
        # The 1,515th most usual of all, and the first that is long enough.
        ("mailcreated5240", "easy to guess"),
        ("owner@example.org", "easy to guess"),
        ("qwertyuiopasdfgh", "easy to guess"),
        ("passwort passwort", "easy to guess"),
        ("EU-China human rights dialogue", "easy to guess"),
        ("owner@example.org owner@example.org", "easy to guess"),
        ("correcthorsebatterystaple", "easy to guess"),
    ],
)
def test_a_weak_password_is_refused_at_the_field(
    container: Container, app: Flask, password: str, said: str
) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    answer = browser.post(f"{link}/password", data={"password": password})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-describedby="password-hint password-error"' in answer.text
    assert "Add a second step" not in browser.get(link).text


def test_a_wrong_first_code_uses_nothing_up(container: Container, app: Flask) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    browser.post(f"{link}/password", data={"password": PASSWORD})
    secret = totp_secret_in(browser.get(link))
    answer = browser.post(f"{link}/code", data={"code": "000000"})
    assert answer.status_code == 422
    assert "not the code the app shows" in answer.text
    assert totp_secret_in(browser.get(link)) == secret


def test_another_password_may_be_chosen_before_the_code_and_a_weak_one_is_refused_at_its_field(
    container: Container, app: Flask
) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    browser.post(f"{link}/password", data={"password": PASSWORD})
    answer = browser.post(f"{link}/password", data={"password": "short"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert "Add a second step" in browser.get(link).text


def test_a_code_before_the_password_uses_nothing_up(container: Container, app: Flask) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    assert browser.post(f"{link}/code", data={"code": "000000"}).status_code == 404
    assert "Choose a password" in browser.get(link).text


def test_password_and_code_together_sign_in(owner: Organiser, app: Flask, clock: Clock) -> None:
    clock.advance(minutes=1)
    other = Organiser(owner.container, app.test_client(), owner.organiser_id, owner.secret)
    answer = other.sign_in(OWNER.upper())
    assert answer.status_code == 303
    assert path_of(answer) == "/console/"
    assert other.get(f"{CONSOLE_PATH}/").status_code == 200
    assert "Chrome" not in other.get("/console/account").text


@pytest.mark.asvs("3.3.2", "3.3.4")
def test_the_cookie_is_kept_from_scripts_and_other_sites(owner: Organiser, clock: Clock) -> None:
    clock.advance(minutes=1)
    set_cookies = owner.sign_in(OWNER).headers.getlist("Set-Cookie")
    assert all("HttpOnly" in one for one in set_cookies)
    assert ["SameSite=Lax" in one for one in set_cookies] == [True, False]
    assert ["SameSite=Strict" in one for one in set_cookies] == [False, True]
    assert all("Path=/console" in one for one in set_cookies)


@pytest.mark.asvs("3.3.1", "3.3.3")
def test_behind_tls_cookies_have_the_host_prefix(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(environ | {"CAMPAIGN_BASE_URL": "https://localhost"})
    browser, link = create_app(container).test_client(), invite_organiser(container)
    browser.post(f"{link}/password", data={"password": PASSWORD}, base_url="https://localhost")
    secret = totp_secret_in(browser.get(link, base_url="https://localhost"))
    code = Organiser(container, browser, None, secret).code()  # type: ignore[arg-type]
    answer = browser.post(f"{link}/code", data={"code": code}, base_url="https://localhost")
    set_cookies = answer.headers.getlist("Set-Cookie")
    assert len(set_cookies) == 2
    for one in set_cookies:
        assert one.startswith("__Host-console")
        assert "Secure" in one
        assert "Path=/;" in one


@pytest.mark.asvs("6.3.3")
@pytest.mark.parametrize(
    "changes",
    [{"password": "another long password"}, {"code": "000000"}, {"email": "nobody@example.org"}],
)
def test_one_answer_for_whatever_is_wrong(
    owner: Organiser, app: Flask, clock: Clock, changes: dict[str, str]
) -> None:
    clock.advance(minutes=1)
    stranger = Organiser(owner.container, app.test_client(), owner.organiser_id, owner.secret)
    filled = {"email": OWNER, **changes}
    answer = stranger.sign_in(filled.pop("email"), **filled)
    assert answer.status_code == 422
    assert "do not match" in answer.text
    assert PASSWORD not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.asvs("6.5.1")
def test_a_code_is_taken_once(owner: Organiser, app: Flask, clock: Clock) -> None:
    again = Organiser(owner.container, app.test_client(), owner.organiser_id, owner.secret)
    # The very code that the welcome was finished with.
    assert again.sign_in(OWNER).status_code == 422
    clock.advance(seconds=30)
    assert again.sign_in(OWNER).status_code == 303
    assert again.sign_in(OWNER).status_code == 422


@pytest.mark.asvs("6.5.1")
def test_a_recovery_code_takes_the_place_of_the_app_once(
    owner: Organiser, app: Flask, container: Container
) -> None:
    page = owner.post("/console/account/recovery-codes")
    codes = [part.partition("</code>")[0] for part in page.text.split("<li><code>")[1:]]
    assert len(codes) == 10
    lost = Organiser(container, app.test_client(), owner.organiser_id, owner.secret)
    assert lost.sign_in(OWNER, code=f" {codes[3].upper()} ").status_code == 303
    assert lost.sign_in(OWNER, code=codes[3]).status_code == 422
    assert "You have 9 left" in lost.get("/console/account").text
    assert ("Ona Example", "recovery code used") in actions(container)


@pytest.mark.asvs("6.3.1")
def test_tries_are_slowed_down_and_never_locked_out(
    owner: Organiser, app: Flask, clock: Clock
) -> None:
    clock.advance(minutes=1)
    stranger = Organiser(owner.container, app.test_client(), owner.organiser_id, owner.secret)
    for _ in range(3):
        assert stranger.sign_in(OWNER, password="a wrong long password").status_code == 422
    waiting = stranger.sign_in(OWNER)
    assert waiting.status_code == 429
    assert waiting.headers["Retry-After"] == "2"
    # The owner's own browser is not slowed down by strangers.
    assert owner.sign_in(OWNER).status_code == 303
    clock.advance(seconds=3)
    assert stranger.sign_in(OWNER, password="a wrong long password").status_code == 422
    assert stranger.sign_in(OWNER).headers["Retry-After"] == "4"
    for _ in range(20):
        clock.advance(seconds=60)
        assert stranger.sign_in(OWNER, password="a wrong long password").status_code == 422
    clock.advance(seconds=61)
    assert stranger.sign_in(OWNER).status_code == 303


@pytest.mark.asvs("6.3.1")
def test_unknown_addresses_are_slowed_down_alike(app: Flask, container: Container) -> None:
    nobody = Organiser(container, app.test_client(), None, UNUSED_TOTP_SECRET)  # type: ignore[arg-type]
    statuses = [nobody.sign_in("nobody@example.org").status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]


@pytest.mark.asvs("5.2.1")
def test_an_organisers_long_form_is_read_and_kept_and_a_strangers_is_not(
    owner: Organiser, clock: Clock, app: Flask
) -> None:
    fields = {
        "csrf_token": owner.form(),
        "name": "x" * 400_000,
        "email": OWNER,
        **AS_VIEWER,
    }
    assert owner.browser.post("/console/people/invite", data=fields).status_code == 422
    clock.advance(minutes=31)
    asked = owner.browser.post("/console/people/invite", data=fields)
    offered = owner.sign_in(OWNER, **hidden_fields(asked))
    assert hidden_fields(offered)["name"] == fields["name"]
    too_long = {**fields, "name": "x" * 1_100_000}
    assert owner.browser.post("/console/people/invite", data=too_long).status_code == 413
    stranger = app.test_client()
    assert stranger.post("/console/people/invite", data=fields).status_code == 413
    assert stranger.post("/console/sign-in", data=fields).status_code == 413


def test_the_last_owner_who_can_sign_in_stays(
    owner: Organiser, container: Container, command: Callable[..., Result]
) -> None:
    # Somebody who was invited and never came does not count.
    invite_organiser(container, Role.OWNER, "never@example.org")
    for path in ("end", "site-owner"):
        answer = owner.post(f"/console/people/{owner.organiser_id}/{path}")
        assert answer.status_code == 409
        assert "This is the last site owner." in answer.text
    less = ("--role", "viewer", "--campaign", "eu-china-dialogue")
    refused = command("organiser", "invite", "Ona Example", OWNER, *less)
    assert "this is the last site owner" in refused.output
    refused = command("organiser", "site-owner", "Ona Example", "--end")
    assert "this is the last site owner" in refused.output
    assert command("organiser", "end", "Ona Example").exit_code == 2


@pytest.mark.asvs("6.4.3", "6.4.4")
def test_inviting_anew_takes_the_old_password_away(
    owner: Organiser, container: Container, clock: Clock, command: Callable[..., Result]
) -> None:
    assert command("organiser", "invite", "Ona Example", OWNER, "--site-owner").exit_code == 0
    clock.advance(minutes=1)
    assert "<h1>Sign in" in owner.get(f"{CONSOLE_PATH}/").text
    assert owner.sign_in(OWNER).status_code == 422


def test_faults_of_an_invitation_stand_at_the_field(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    good = {
        "name": "Vic Example",
        "email": "vic@example.org",
        **AS_VIEWER,
    }
    for changes, said in (
        ({"name": ""}, "Enter the name"),
        ({"name": "Ona Example"}, "Somebody else already has this name"),
        ({"name": "x" * 65}, "longer than 64"),
        ({"email": "vic"}, "not a valid e-mail address"),
    ):
        answer = owner.post("/console/people/invite", **{**good, **changes})
        assert answer.status_code == 422
        assert said in answer.text
        assert next(iter(changes.values())) in answer.text


def test_a_role_that_is_none_is_refused_at_the_field(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    editor = sign_in_organiser(container, app, Role.EDITOR)
    for path in ("/console/people/invite", f"{CONSOLE_PATH}/team/{editor.organiser_id}/role"):
        for role in ({"role": "emperor"}, {"role": ""}, {}):
            fields = {"name": "Vic Example", "email": "vic@example.org", **role}
            answer = owner.post(path, **fields)
            assert answer.status_code == 422
            assert "Choose one of these." in answer.text
    assert {action for _, action in actions(container)} == {"organiser invited", "signed in"}


def test_a_file_or_a_value_of_json_is_not_taken_for_what_was_typed(
    container: Container, app: Flask
) -> None:
    owner, link = sign_in_organiser(container, app), invite_organiser(container, Role.EDITOR)
    for path, names in (
        ("/console/sign-in", ("email", "password", "code")),
        (f"{link}/password", ("password",)),
        ("/console/people/invite", ("name", "email")),
        ("/console/account/password", ("current", "password")),
    ):
        files = {name: (BytesIO(b"x"), "typed.txt") for name in names}
        sent = {"csrf_token": owner.form(), "role": "viewer", **files}
        assert owner.browser.post(path, data=sent).status_code == 422, path
        for value in (dict.fromkeys(names, 5), [1], 5, "x", None):
            answer = app.test_client().post(path, json=value)
            assert answer.status_code in {403, 422, 429}, f"{path}: {value}"


def test_every_secret_of_a_form_is_one_that_no_page_sends_back() -> None:
    kinds = [kind for kind in vars(forms).values() if isinstance(kind, FormMeta)]
    secrets = {
        name
        for kind in kinds
        for name, field in vars(kind).items()
        if isinstance(field, UnboundField) and issubclass(field.field_class, forms.SecretField)
    }
    assert secrets == SECRET_FIELDS


@pytest.mark.asvs("16.2.1")
def test_the_log_says_who_came_and_went(
    owner: Organiser, container: Container, clock: Clock
) -> None:
    owner.post("/console/sign-out")
    assert actions(container)[:3] == [
        ("Ona Example", "signed out"),
        ("Ona Example", "signed in"),
        ("Ona Example", "password set"),
    ]
    clock.advance(minutes=1)
    owner.sign_in(OWNER)
    page = owner.get("/console/log?words=SIGNED+out").text
    assert "signed out" in page
    assert "password set</td>" not in page
