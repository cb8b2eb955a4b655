"""What a hostile look at the console found, so that it stays mended."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from unittest.mock import sentinel

import pytest

from campaign.errors import Busy, InvalidText
from campaign.organisers import accounts
from campaign.organisers.accounts import Invitation
from campaign.organisers.queries import audit_log, organisers
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.roles import Role
from campaign.web.context import WEB_SERVICES
from campaign.web.rate_limits import PASSWORD_TRIES_PER_MINUTE
from tests.organiser import (
    AS_VIEWER,
    CONSOLE_PATH,
    PASSWORD,
    Organiser,
    email_of,
    invite_organiser,
    onboard_organiser,
    path_of,
    sign_in_organiser,
)
from tests.recipients.test_console import WHY, act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result
    from flask import Flask

    from campaign.container import Container
    from campaign.organisers.passwords import PasswordService
    from tests.clock import Clock
    from tests.supporter import Supporter

OWNER = email_of(Role.OWNER)


def logged(container: Container) -> list[tuple[str, str]]:
    with container.database.reading() as session:
        return [
            (row.action, row.about) for row in audit_log.search(session, AuditFilter(), limit=9)
        ]


@pytest.mark.asvs("6.2.3", "7.5.1")
def test_a_stolen_cookie_does_not_take_the_account_over(container: Container, app: Flask) -> None:
    owner = onboard_organiser(container, app)
    for path in ("password", "second-step"):
        fields = {"current": "a wrong long password", "password": "four green kettles hum"}
        answer = owner.post(f"/console/account/{path}", **fields)
        assert answer.status_code == 422
        assert "This is not your current password." in answer.text
    tries = [
        owner.post("/console/account/second-step", current="a wrong long password").text
        for _ in range(3)
    ]
    assert "Too many attempts." in tries[-1]


def test_a_secret_that_was_drawn_is_shown_to_a_fresh_sign_in_only(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = onboard_organiser(container, app)
    owner.post("/console/account/second-step", current=PASSWORD)
    assert '<code class="copy">' in owner.get("/console/account").text
    clock.advance(minutes=11)
    assert '<code class="copy">' not in owner.get("/console/account").text


@pytest.mark.asvs("7.4.3")
def test_another_second_step_ends_every_other_session_and_is_in_the_log(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner, elsewhere = onboard_organiser(container, app), sign_in_organiser(container, app)
    owner.post("/console/account/second-step", current=PASSWORD)
    owner.secret = _shown_secret(owner)
    clock.advance(minutes=1)
    owner.post("/console/account/second-step/code", code=owner.code())
    assert "<h1>Sign in" in elsewhere.get(f"{CONSOLE_PATH}/").text
    assert ("second step set", "organiser Ona Example") in logged(container)


def _shown_secret(owner: Organiser) -> str:
    found = re.search(r'<code class="copy">(\w+)</code>', owner.get("/console/account").text)
    assert found
    return found.group(1)


def test_several_failed_tries_are_in_the_log_and_each_is_not(
    container: Container, app: Flask, clock: Clock
) -> None:
    onboard_organiser(container, app)
    stranger = Organiser(container, app.test_client(), sentinel.nobody)
    for _ in range(4):
        clock.advance(minutes=2)
        stranger.sign_in(OWNER, password="a wrong long password")
        stranger.sign_in("nobody@example.org")
    assert [entry for entry in logged(container) if entry[0].startswith("sign-in failed")] == [
        ("sign-in failed again and again", "an unknown address"),
        ("sign-in failed again and again", "organiser Ona Example"),
    ]


@contextmanager
def strangers(passwords: PasswordService) -> Iterator[None]:
    """Let more strangers try passwords than can be compared, again and again."""
    stop = threading.Event()

    def keep_trying() -> None:
        while not stop.is_set():
            with suppress(Busy):
                passwords.verify(None, "anything", known=False)

    crowd = [threading.Thread(target=keep_trying) for _ in range(6)]
    for one in crowd:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in crowd:
            one.join()


@pytest.mark.asvs("15.2.2")
def test_many_strangers_passwords_at_once_keep_nobody_waiting_for_long(app: Flask) -> None:
    with strangers(app.extensions[WEB_SERVICES].passwords):
        data = {"email": OWNER, "password": "x"}
        answers = [app.test_client().post("/console/sign-in", data=data) for _ in range(20)]
    refused = [answer for answer in answers if "Many people are signing in" in answer.text]
    assert refused
    assert {answer.status_code for answer in refused} == {429}


@pytest.mark.asvs("6.3.1", "15.2.2")
def test_strangers_keep_no_organiser_from_signing_in_on_a_browser_that_she_used_before(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner, statuses = onboard_organiser(container, app), []
    with strangers(app.extensions[WEB_SERVICES].passwords):
        for _ in range(10):
            clock.advance(minutes=1)
            statuses.append(owner.sign_in(OWNER).status_code)
    assert statuses == [303] * 10


@pytest.mark.asvs("6.3.1")
def test_one_network_tries_so_many_passwords_a_minute_and_known_browsers_any_number(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = onboard_organiser(container, app)
    made_up = app.test_client()
    made_up.set_cookie("console-device", "x" * 120, path="/console")

    def tried(number: int, address: str) -> str:
        data = {"email": f"nobody{number}@example.org", "password": "x"}
        sent = made_up.post("/console/sign-in", data=data, environ_base={"REMOTE_ADDR": address})
        return sent.text

    texts = [tried(number, "192.0.2.1") for number in range(PASSWORD_TRIES_PER_MINUTE + 1)]
    assert ["Many people" in text for text in texts] == [False] * PASSWORD_TRIES_PER_MINUTE + [True]
    assert "Many people" not in tried(99, "192.0.2.2")
    clock.advance(minutes=1)
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    fields = {"email": OWNER, "password": PASSWORD, "code": owner.code()}
    sent = owner.browser.post("/console/sign-in", data=fields, environ_base=elsewhere)
    assert sent.status_code == 303


@pytest.mark.both_databases
@pytest.mark.asvs("6.3.1")
def test_each_browser_has_tries_of_its_own_until_the_password_changes(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = onboard_organiser(container, app)
    clock.advance(minutes=1)
    stolen = Organiser(container, app.test_client(), owner.organiser_id, owner.secret)
    assert stolen.sign_in(OWNER).status_code == 303
    for _ in range(3):
        stolen.sign_in(OWNER, password="a wrong long password")
    assert stolen.sign_in(OWNER).status_code == 429
    clock.advance(minutes=1)
    assert owner.sign_in(OWNER).status_code == 303
    fields = {"current": PASSWORD, "password": "four green kettles hum softly"}
    assert path_of(owner.post("/console/account/password", **fields)).endswith("password")
    stranger = Organiser(container, app.test_client(), owner.organiser_id, owner.secret)
    for _ in range(3):
        stranger.sign_in(OWNER, password="a wrong long password")
    # Known before, it is a stranger now, and those are slowed down together.
    assert stolen.sign_in(OWNER).status_code == 429
    clock.advance(minutes=1)
    assert owner.sign_in(OWNER, password=fields["password"]).status_code == 303


@pytest.mark.both_databases
def test_letters_of_every_alphabet_have_one_case(
    container: Container, app: Flask, command: Callable[..., Result]
) -> None:
    owner = sign_in_organiser(container, app)
    made = command("organiser", "invite", "Ελένη Örs", "eleni@example.org", "--site-owner")
    assert made.exit_code == 0
    twice = command("organiser", "invite", "ελένη örs", "other@example.org", "--site-owner")
    assert "somebody else has this name" in twice.output
    assert "organiser Ελένη Örs" in owner.get("/console/log?words=ΕΛΈΝΗ").text
    assert command("organiser", "end", "ελένη ÖRS").exit_code == 0


def test_a_name_in_the_log_never_becomes_anothers(container: Container) -> None:
    invite_organiser(container, Role.EDITOR)
    renamed = Invitation("Nobody Example", email_of(Role.EDITOR))
    with container.database.writing() as session, pytest.raises(InvalidText, match="name-stays"):
        accounts.invite(session, container.keyring, renamed, "Test", container.clock())


@pytest.mark.both_databases
def test_an_address_in_another_alphabet_signs_in_as_it_was_invited(
    container: Container, app: Flask, clock: Clock
) -> None:
    browser, link = app.test_client(), invite_organiser(container, Role.OWNER, "ona@bücher.example")
    browser.post(f"{link}/password", data={"password": PASSWORD})
    found = re.search(r'<code class="copy">(\w+)</code>', browser.get(link).text)
    assert found
    owner = Organiser(container, browser, sentinel.nobody, found.group(1))
    browser.post(f"{link}/code", data={"code": owner.code()})
    clock.advance(minutes=1)
    assert owner.sign_in("ona@bücher.example").status_code == 303


@pytest.mark.both_databases
@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("pace", {"opens": "08:30+02:00"}),
        ("pace", {"per_hour": "0012345678"}),
        ("verify", {"email": "a@b.example", "language": "x" * 30, "reason": WHY}),
        ("verify", {"email": "a@b.example", "language": "\0", "reason": WHY}),
        ("verify", {"email": "a@b.example", "language": "xx", "reason": WHY}),
    ],
)
def test_nonsense_in_a_field_is_a_fault_of_the_field(
    container: Container, app: Flask, what: str, fields: dict[str, str]
) -> None:
    assert act(sign_in_organiser(container, app), what, **fields).status_code == 422


@pytest.mark.both_databases
@pytest.mark.parametrize("query", ["before=99999999999999999999999", "words=%00", "who=%00"])
def test_nonsense_in_the_logs_address_is_no_fault(
    container: Container, app: Flask, query: str
) -> None:
    assert sign_in_organiser(container, app).get(f"/console/log?{query}").status_code == 200


def test_a_postal_address_is_marked_as_wrong_by_what_a_browser_sends(
    container: Container, app: Flask
) -> None:
    editor = sign_in_organiser(container, app)
    act(editor, "verify", postal="Example Street 1\r\n10000 Exampletown", reason=WHY)
    value = "Example Street 1\r\n10000 Exampletown"
    assert act(editor, "wrong", address=value, reason="returned").status_code == 303


def test_a_fault_in_the_form_of_one_address_stands_in_that_form(
    container: Container, app: Flask
) -> None:
    editor = sign_in_organiser(container, app)
    act(editor, "verify", email="desk@ministry.example", reason=WHY)
    found = re.search(
        r'name="row" value="(\d+)"', editor.get("/console/recipients/DE/foreign-affairs").text
    )
    assert found
    row = found.group(1)
    refused = act(editor, "wrong", address="desk@ministry.example", reason=" ", row=row)
    assert f'href="#wrong{row}-reason"' in refused.text
    assert f'id="wrong{row}-reason-error"' in refused.text
    assert "<details open><summary>Mark as wrong" in refused.text


def test_what_is_not_there_is_said_by_a_page_of_the_console(
    container: Container, app: Flask
) -> None:
    missing = sign_in_organiser(container, app).get("/console/recipients/XX/foreign-affairs")
    assert missing.status_code == 404
    assert 'aria-label="Console"' in missing.text


def test_signing_out_twice_does_no_harm(container: Container, app: Flask) -> None:
    owner = sign_in_organiser(container, app)
    for _ in range(2):
        assert path_of(owner.post("/console/sign-out")) == "/console/sign-in"
    assert [action for action, _ in logged(container)].count("signed out") == 1


def test_a_page_that_shows_itself_anew_is_no_use_of_the_session(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = sign_in_organiser(container, app)
    by_itself = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    for _ in range(2):
        clock.advance(minutes=14)
        page = owner.browser.get(f"{CONSOLE_PATH}/exports?watching=1", headers=by_itself)
        assert "<h1>Exports" in page.text
    clock.advance(minutes=3)
    assert "<h1>Sign in" in owner.get(f"{CONSOLE_PATH}/").text


def test_a_form_with_a_password_is_typed_anew_and_never_repeated(
    container: Container, app: Flask, clock: Clock
) -> None:
    owner = onboard_organiser(container, app)
    clock.advance(minutes=11)
    fields = {"current": PASSWORD, "password": "four green kettles hum softly"}
    asked = owner.post("/console/account/password", **fields)
    assert "<h1>Sign in again" in asked.text
    assert "kettles" not in asked.text
    assert PASSWORD not in asked.text
    assert 'name="target" value="/console/account"' in asked.text


def test_a_link_that_was_shown_once_says_so_at_a_second_click(
    container: Container, app: Flask
) -> None:
    owner = sign_in_organiser(container, app)
    fields = {"name": "Vic Example", "email": "vic@example.org", **AS_VIEWER}
    form = owner.form()
    assert "Give this link" in owner.post("/console/people/invite", form, **fields).text
    again = owner.post("/console/people/invite", form, **fields)
    assert "The link was shown once" in owner.get(path_of(again)).text


def test_whoever_takes_a_letter_out_is_in_the_log(
    container: Container, app: Flask, supporter: Supporter
) -> None:
    supporter.sign()
    supporter.deliver()
    owner = sign_in_organiser(container, app)
    page = owner.get(f"{CONSOLE_PATH}/letters?state=accepted").text
    path = re.search(r'href="(/console/c/eu-china-dialogue/letters/0[^"]+)"', page)
    assert path
    assert owner.post(f"{path.group(1)}/message").status_code == 200
    assert logged(container)[0][0] == "letter fetched as sent"


@pytest.mark.asvs("6.3.2")
def test_in_production_nobody_is_made_up(container: Container) -> None:
    with container.database.writing() as session:
        row = accounts.get_or_create_dev_owner(session, container.keyring, container.clock())
        accounts.disable_dev_owner(session, container.keyring, container.clock())
        assert organisers.lock(session, row.id).ended_at is not None


@pytest.mark.parametrize("act", ["invalidate", "hold"])
def test_a_reason_that_names_the_supporter_does_not_get_into_the_log(
    container: Container, app: Flask, supporter: Supporter, act: str
) -> None:
    supporter.sign()
    editor = sign_in_organiser(container, app)
    listed = editor.get(f"{CONSOLE_PATH}/signatures").text
    path = re.search(r'href="(/console/c/eu-china-dialogue/signatures/0[^"?]+)"', listed)
    assert path
    refused = editor.post(f"{path.group(1)}/{act}", reason="testa EXAMPLE is no person")
    assert refused.status_code == 422
    assert "Leave out names" in refused.text
    assert "no person" not in str(logged(container))


def test_what_was_typed_stays_when_a_letter_has_moved_on(
    container: Container, app: Flask, supporter: Supporter
) -> None:
    supporter.sign()
    supporter.deliver()
    editor = sign_in_organiser(container, app)
    page = editor.get(f"{CONSOLE_PATH}/letters?state=accepted").text
    path = re.search(r'href="(/console/c/eu-china-dialogue/letters/0[^"]+)"', page)
    assert path
    fields = {"verdict": "release", "reason": "they have lost it"}
    stale = editor.post(f"{path.group(1)}/decide", **fields)
    assert stale.status_code == 409
    assert "they have lost it" in stale.text
    bulk = {**fields, "state": "uncertain", "government": "DE", "expected": "5"}
    assert "they have lost it" in editor.post(f"{CONSOLE_PATH}/letters/decide", **bulk).text
