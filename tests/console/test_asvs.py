"""What OWASP ASVS asks of the console and no other test shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from sqlalchemy import select

from campaign.letters.rows import LetterRow
from campaign.organisers.passwords import PasswordService
from campaign.organisers.rows import OrganiserSessionRow
from campaign.organisers.rules.roles import MAX_PASSWORD, Role
from tests.console.test_routes import EVERYBODY, routes
from tests.organiser import (
    CONSOLE_PATH,
    PASSWORD,
    Organiser,
    email_of,
    invite_organiser,
    sign_in_organiser,
    totp_secret_in,
)

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

OWNER = email_of(Role.OWNER)
LONGEST = "nine purple lamps sing loudly ".ljust(MAX_PASSWORD - 1, "~") + "."


def session_of(browser: FlaskClient) -> str:
    cookie = browser.get_cookie("console", path="/console")
    assert cookie is not None
    return cookie.value


@pytest.mark.asvs("6.2.8", "6.2.9")
def test_a_password_fits_only_as_it_was_chosen(
    container: Container, app: Flask, clock: Clock
) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    assert browser.post(f"{link}/password", data={"password": LONGEST}).status_code == 303
    owner = Organiser(container, browser, None, totp_secret_in(browser.get(link)))  # type: ignore[arg-type]
    browser.post(f"{link}/code", data={"code": owner.code()})
    for almost in (f"{LONGEST}x", f"{LONGEST} ", LONGEST.capitalize(), LONGEST[:-1]):
        clock.advance(minutes=2)
        assert owner.sign_in(OWNER, password=almost).status_code == 422, almost
    clock.advance(minutes=2)
    assert owner.sign_in(OWNER, password=LONGEST).status_code == 303


@pytest.mark.asvs("6.2.5")
def test_a_password_may_be_made_of_any_characters(container: Container, app: Flask) -> None:
    browser, link = app.test_client(), invite_organiser(container)
    for password in ("70418836295017749", "μωβ λάμπες τραγουδούν", "lamp sofa river quick"):
        answer = browser.post(f"{link}/password", data={"password": password})
        assert answer.status_code == 303, password


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_password_fields_hide_what_is_typed_and_let_password_managers_help(
    container: Container, app: Flask
) -> None:
    owner, link = sign_in_organiser(container, app), invite_organiser(container, Role.EDITOR)
    pages = {
        path: browser.get(path).text
        for path, browser in {
            "/console/sign-in": app.test_client(),
            link: app.test_client(),
            "/console/account": owner.browser,
        }.items()
    }
    kinds = {"/console/sign-in": ["current"], link: ["new"]}
    for path, page in pages.items():
        fields = re.findall(r'<input[^>]* name="(?:password|current)"[^>]*>', page)
        helped = [re.findall(r'autocomplete="(current|new)-password"', field) for field in fields]
        assert [one for found in helped for one in found] == kinds.get(
            path, ["current", "new", "current"]
        )
        assert all('type="password"' in field for field in fields)
        assert not any("readonly" in field or "onpaste" in field for field in fields)
        assert "<script" not in page


@pytest.mark.asvs("11.4.2")
def test_a_password_is_kept_by_argon2id_with_todays_parameters() -> None:
    assert PasswordService().hash(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.asvs("7.2.2", "7.2.3", "7.2.4")
def test_each_sign_in_begins_a_session_of_its_own_and_ends_the_one_before(
    owner: Organiser, container: Container, clock: Clock
) -> None:
    seen = [session_of(owner.browser)]
    for _ in range(3):
        clock.advance(minutes=1)
        assert owner.sign_in(OWNER).status_code == 303
        seen.append(session_of(owner.browser))
    # 43 characters of base64 are 256 bits.
    assert len(set(seen)) == 4
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in seen)
    assert "<h1>Dashboard" in owner.get(f"{CONSOLE_PATH}/").text
    for earlier in seen[:-1]:
        owner.browser.set_cookie("console", earlier, path="/console")
        assert "<h1>Sign in" in owner.get(f"{CONSOLE_PATH}/").text
    with container.database.reading() as session:
        kept = [row.token_hash for row in session.scalars(select(OrganiserSessionRow))]
    assert not {one.encode() for one in seen} & set(kept)


@pytest.mark.asvs("7.2.4")
def test_an_invitation_that_is_accepted_ends_whose_session_the_browser_had(
    container: Container, app: Flask
) -> None:
    editor = sign_in_organiser(container, app, Role.EDITOR)
    before = session_of(editor.browser)
    link = invite_organiser(container)
    editor.browser.post(f"{link}/password", data={"password": PASSWORD})
    editor.secret = totp_secret_in(editor.get(link))
    assert editor.browser.post(f"{link}/code", data={"code": editor.code()}).status_code == 303
    assert "Ona Example" in editor.get(f"{CONSOLE_PATH}/").text
    editor.browser.set_cookie("console", before, path="/console")
    assert "<h1>Sign in" in editor.get(f"{CONSOLE_PATH}/").text


@pytest.mark.asvs("14.3.1")
def test_signing_out_clears_what_the_browser_kept(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    answer = owner.post("/console/sign-out")
    assert '"cache"' in answer.headers["Clear-Site-Data"]
    assert owner.browser.get_cookie("console", path="/console") is None


@pytest.mark.asvs("7.4.4", "14.3.2")
def test_every_page_of_the_console_is_kept_nowhere_and_offers_to_sign_out(
    container: Container, app: Flask
) -> None:
    owner = sign_in_organiser(container, app)
    answers = {
        route: owner.get(path)
        for route, path in routes(app).items()
        if route.startswith("GET") and route not in EVERYBODY
    }
    assert len(answers) > 15
    for route, answer in answers.items():
        assert answer.location or 'action="/console/sign-out"' in answer.text, route
        assert answer.headers["Cache-Control"] == "no-store", route


@pytest.mark.asvs("3.2.1", "5.4.1")
def test_what_is_downloaded_is_kept_as_a_file_and_opened_by_no_page(
    container: Container, app: Flask, supporter: Supporter
) -> None:
    private = supporter.sign()
    supporter.deliver()
    owner = sign_in_organiser(container, app)
    with container.database.reading() as session:
        letter = f"{CONSOLE_PATH}/letters/{session.scalars(select(LetterRow.id)).one()}"
    answers = [
        supporter.browser.post(f"{private}/download", data={"as": "json"}),
        supporter.browser.post(f"{private}/download", data={"as": "text"}),
        supporter.browser.post(f"{private}/pdf", data={"postal": ""}),
        owner.post(f"{CONSOLE_PATH}/export/counts", by="government", format="csv"),
        owner.post(
            f"{CONSOLE_PATH}/export/letters",
            format="jsonl",
            government='x"; filename="y',
        ),
        owner.post(f"{CONSOLE_PATH}/exports/signatures", format="csv", reason="asked for"),
        owner.post(f"{letter}/message"),
        owner.post(f"{letter}/print"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        disposition = answer.headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="[a-z][\w.-]+\.\w+"', disposition)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.asvs("1.2.4")
def test_sql_in_a_filter_is_a_word_that_nothing_has(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    entry = '<td data-label="Who">'
    for name in ("words", "who", "about"):
        assert entry in owner.get(f"/console/log?{name}=").text
        for odd in ("' OR '1'='1' --", "' OR 1=1; UPDATE organisers SET role = 'viewer'; --"):
            assert entry not in owner.get(f"/console/log?{name}={quote(odd)}").text
    assert entry in owner.get("/console/log").text
