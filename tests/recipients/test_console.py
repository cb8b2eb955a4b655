"""Organisers look after the directory: verify, mark as wrong, pace, pause."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction, AuditEntry
from campaign.organisers.rules.roles import Role
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from campaign.recipients.version_token import version_token
from campaign.services import create_worker
from campaign.web_app import create_app
from tests.clock import START
from tests.conftest import SLUG
from tests.helpers.settings import live_environ
from tests.helpers.transports import LiveMemoryTransport
from tests.helpers.verifying import verify
from tests.organiser import Organiser, path_of, sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.clock import Clock

WHY = "telephone call with the switchboard"


@pytest.fixture
def editor(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, name="Edda Example")


def seen(container: Container, government: str = "DE") -> str:
    with container.database.reading() as session:
        return version_token(recipients.get(session, recipient_key(government)))


def act(editor: Organiser, what: str, government: str = "DE", **fields: Any) -> TestResponse:
    """Send a form of a recipient's page as it stands now."""
    fields.setdefault("seen", seen(editor.container, government))
    return editor.post(f"/console/recipients/{recipient_key(government)}/{what}", **fields)


def logged(container: Container) -> list[tuple[str, str, str]]:
    with container.database.reading() as session:
        rows = audit_log.search(session, AuditFilter(about="recipient DE/foreign-affairs"), limit=9)
    return [(row.who, row.action, row.reason) for row in rows]


def test_an_address_is_verified_with_a_reason(editor: Organiser, container: Container) -> None:
    answer = act(editor, "verify", email="desk@ministry.example", language="", reason=WHY)
    page = editor.get(path_of(answer)).text
    assert "The address is verified." in page
    assert "desk@ministry.example" in page
    assert WHY in page
    assert f"{START:%Y-%m-%d} by Edda Example, one person" in page
    assert "by Edda Example, one person" in editor.get("/console/recipients").text
    assert logged(container) == [("Edda Example", "address verified", WHY)]


def test_verifying_needs_a_sign_in_of_the_last_ten_minutes(
    editor: Organiser, container: Container, clock: Clock
) -> None:
    # Whoever finds a console open must not have letters, and so names, sent to her own address.
    clock.advance(minutes=11)
    answer = editor.post(
        "/console/recipients/DE/foreign-affairs/verify",
        email="desk@ministry.example",
        language="",
        reason=WHY,
    )
    assert answer.status_code == 403
    assert "<h1>Sign in again" in answer.text
    assert logged(container) == []


def test_letters_of_a_live_site_leave_once_their_address_is_verified(
    live: tuple[Supporter, Container],
) -> None:
    supporter, container = live
    supporter.sign()
    supporter.deliver()
    assert supporter.letters() == []
    editor = sign_in_organiser(container, create_app(container), name="Edda Example")
    act(editor, "verify", email="desk@ministry.example", language="", reason=WHY)
    supporter.deliver()
    assert [mail.to for mail in supporter.letters()] == ["desk@ministry.example"]


def test_letters_of_a_live_site_that_asks_for_two_leave_once_the_second_has_checked(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(live_environ(environ) | {"CAMPAIGN_VERIFIERS": "2"})
    app, transport = create_app(container), LiveMemoryTransport()
    supporter = Supporter(app.test_client(), create_worker(container, transport), transport, SLUG)
    supporter.sign()
    first, second = (
        sign_in_organiser(container, app, name="Edda Example"),
        sign_in_organiser(container, app),
    )
    assert "Two people have to check an address" in first.get("/console/recipients").text
    answer = act(first, "verify", email="desk@ministry.example", language="", reason=WHY)
    page = first.get(path_of(answer)).text
    assert "whether a second person still has to check it" in page
    waits = f"checked {START:%Y-%m-%d} by Edda Example; a second person has not checked it yet"
    assert waits in page
    assert waits in first.get("/console/recipients").text
    assert "Check as the second person" in page
    supporter.deliver()
    assert supporter.letters() == []
    act(second, "verify", email="desk@ministry.example", language="", reason="read on its page")
    supporter.deliver()
    assert [mail.to for mail in supporter.letters()] == ["desk@ministry.example"]
    page = second.get("/console/recipients/DE/foreign-affairs").text
    assert "by Edda Example and Ona Example" in page
    assert WHY in page
    assert "read on its page" in page
    assert "by Edda Example and Ona Example" in second.get("/console/recipients").text
    assert [action for _, action, _ in logged(container)] == [
        "address verified",
        "address checked by a first person",
    ]


def test_the_same_organiser_is_told_that_another_person_has_to_check(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(environ | {"CAMPAIGN_VERIFIERS": "2"})
    editor = sign_in_organiser(container, create_app(container), name="Edda Example")
    fields = {"email": "desk@ministry.example", "language": "", "reason": WHY}
    act(editor, "verify", **fields)
    again = act(editor, "verify", **fields)
    assert again.status_code == 422
    assert "You have checked this address already. Another person has to" in again.text
    assert len(logged(container)) == 1


@pytest.mark.parametrize(
    ("what", "fields", "said", "field"),
    [
        ("verify", {"email": "", "reason": WHY}, "Enter an e-mail address", "verify-email"),
        ("verify", {"email": "desk", "reason": WHY}, "not a valid e-mail address", "verify-email"),
        ("verify", {"email": "a@b.example", "reason": ""}, "Say how", "verify-reason"),
        ("verify", {"postal": "1\n2\n3\n4\n5\n6\n7", "reason": WHY}, "6 lines", "verify-postal"),
        (
            "verify",
            {"email": "a@b.example", "postal": "Street 1", "reason": WHY},
            "one address at a time",
            "verify-postal",
        ),
        ("pace", {"per_hour": "many"}, "whole number", "pace-per_hour"),
        ("pace", {"per_hour": "3601"}, "whole number", "pace-per_hour"),
        ("pace", {"opens": "half past"}, "like 08:30", "pace-opens"),
        (
            "pace",
            {"opens": "12:00", "closes": "11:00"},
            "after opening time",
            "pace-closes",
        ),
        ("pace", {"zone": "Berlin"}, "like Europe/Athens", "pace-zone"),
        ("pause", {"reason": " "}, "Give a reason", "pause-reason"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    editor: Organiser,
    container: Container,
    what: str,
    fields: dict[str, str],
    said: str,
    field: str,
) -> None:
    answer = act(editor, what, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    for value in fields.values():
        assert value.strip().splitlines()[0] in answer.text if value.strip() else True
    assert logged(container) == []


def test_two_organisers_at_once_do_not_overwrite_each_other(
    editor: Organiser, container: Container, app: Flask
) -> None:
    other = sign_in_organiser(container, app)
    stale = seen(container)
    act(other, "pace", per_hour="5")
    answer = act(editor, "pace", seen=stale, per_hour="9", zone="Europe/Athens")
    assert answer.status_code == 409
    assert "Somebody else changed this first" in answer.text
    assert re.search(r'name="per_hour"[^>]* value="9"', answer.text)
    assert "Currently 5 letters an hour" in answer.text
    assert [who for who, *_ in logged(container)] == ["Ona Example"]


def test_a_second_click_repeats_nothing(editor: Organiser, container: Container) -> None:
    form = editor.form()
    fields = {"seen": seen(container), "reason": "they asked for a week", "csrf_token": form}
    first = editor.post("/console/recipients/DE/foreign-affairs/pause", **fields)
    second = editor.post("/console/recipients/DE/foreign-affairs/pause", **fields)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(logged(container)) == 1


def test_pace_digest_pause_and_resume_do_as_they_say(
    editor: Organiser, container: Container
) -> None:
    act(editor, "pace", per_hour="7", opens="09:30")
    act(editor, "digest", on="y")
    act(editor, "pause", reason="they asked for a week")
    page = editor.get("/console/recipients/DE/foreign-affairs").text
    assert "Currently 7 letters an hour" in page
    assert "one digest a day" in page
    assert "they asked for a week" in page
    assert "they asked for a week" in editor.get("/console/recipients").text
    act(editor, "resume")
    assert [action for _, action, _ in logged(container)] == [
        "ministry resumed",
        "ministry paused",
        "one mail a day begun",
        "pace changed",
    ]


def test_a_wrong_address_is_not_used_any_more(editor: Organiser) -> None:
    act(editor, "verify", email="desk@ministry.example", language="", reason=WHY)
    answer = act(editor, "wrong", address="desk@ministry.example", reason="it bounced")
    page = editor.get(path_of(answer)).text
    assert "wrong" in page
    assert "it bounced" in page


def test_reports_of_supporters_are_shown_and_settled_by_a_check(
    editor: Organiser, supporter: Supporter
) -> None:
    private = supporter.sign()
    supporter.browser.post(f"{private}/report", data={"report": "They moved to another house."})
    assert "1 report<" in editor.get("/console/recipients").text
    assert (
        "They moved to another house." in editor.get("/console/recipients/DE/foreign-affairs").text
    )
    act(editor, "verify", email="desk@ministry.example", language="", reason=WHY)
    assert "They moved" not in editor.get("/console/recipients/DE/foreign-affairs").text


def test_an_unknown_ministry_is_not_found(editor: Organiser) -> None:
    assert editor.get("/console/recipients/XX/foreign-affairs").status_code == 404


def test_a_foreign_ministry_shows_what_earlier_versions_logged_about_it_too(
    editor: Organiser, container: Container
) -> None:
    with container.database.writing() as session:
        act_before = AuditEntry("Ada Before", AuditAction.PAUSED, "ministry DE", reason="long ago")
        audit_log.append(session, act_before, container.clock())
    assert "Ada Before" in editor.get("/console/recipients/DE/foreign-affairs").text
    assert "Ada Before" not in editor.get("/console/recipients/DE/justice").text


def test_recipients_are_searched_by_country_and_office_and_continued(editor: Organiser) -> None:
    used = editor.get("/console/recipients").text
    assert "Germany, foreign affairs" in used
    assert "Germany, justice" not in used
    found = editor.get("/console/recipients?scope=all&words=german").text
    assert "Germany, justice" in found
    assert "France" not in found
    first = editor.get("/console/recipients?scope=all").text
    older = re.search(r'href="([^"]*before=[^"]*)">More offices', first)
    assert older
    following = editor.get(unescape(older.group(1))).text
    assert "Austria, justice" in first
    assert "Austria" not in following
    assert "No matching offices." in editor.get("/console/recipients?words=nowhere").text


def test_somebody_new_is_in_office_and_letters_wait_if_that_is_wanted(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], clock: Clock
) -> None:
    container = make_container(live_environ(environ))
    transport = LiveMemoryTransport()
    worker, app = create_worker(container, transport), create_app(container)
    supporter = Supporter(app.test_client(), worker, transport, SLUG)
    editor = sign_in_organiser(container, app, name="Edda Example")
    page = "/console/recipients/DE/foreign-affairs"

    def enter(**fields: str) -> TestResponse:
        seen = re.search(r'name="seen" value="([0-9a-f]+)"', editor.get(page).text)
        assert seen
        return editor.post(f"{page}/new-in-office", seen=seen.group(1), **fields)

    def check() -> None:
        with container.database.writing() as session:
            checked = AddressCheck("Tester", "made up")
            verify(
                session,
                "DE/foreign-affairs",
                "desk@ministry.example",
                checked,
                live=True,
                now=container.clock(),
            )

    check()
    supporter.submit()
    assert enter(since="", reason=WHY).status_code == 422
    assert enter(since="2999-01-01", reason=WHY).status_code == 422
    assert enter(since="2026-10-30", name="Testa Example", reason=WHY).status_code == 303
    supporter.confirm()
    supporter.deliver()
    assert len(supporter.letters()) == 1, "nobody asked for letters to wait"
    supporter.submit(email="second@example.org")
    assert enter(since="2026-11-01", letters_wait="y", reason=WHY).status_code == 303
    supporter.confirm("second@example.org")
    supporter.deliver()
    assert len(supporter.letters()) == 1
    shown = editor.get(page).text
    assert "Unnamed since 2026-11-01" in shown
    assert "Previously: Testa Example (since 2026-10-30)" in shown
    assert "Letters of all campaigns: 1 on hold, 1 accepted." in shown
    check()
    clock.advance(minutes=25)
    supporter.deliver()
    assert len(supporter.letters()) == 2
    log = editor.get(page).text
    assert "since 2026-11-01; addresses are to be checked again" in log


def test_an_address_that_nobody_has_checked_for_six_months_is_on_the_dashboard(
    container: Container, editor: Organiser, clock: Clock
) -> None:
    with container.database.writing() as session:
        checked = AddressCheck("Tester", "made up")
        verify(
            session,
            "DE/foreign-affairs",
            "desk@ministry.example",
            checked,
            live=True,
            now=clock(),
        )
    stale = "for more than six months"
    page = f"/console/c/{SLUG}/"
    assert stale not in editor.get(page).text
    clock.advance(days=184)
    editor = sign_in_organiser(container, editor.browser.application, Role.OWNER)
    assert stale in editor.get(page).text
