"""Whatever a browser sends in an address, a header, a cookie or a form, a page answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask, g
from hypothesis import example, given, settings, strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form

from campaign.console.forms import MomentField
from campaign.language.catalogue import EU_LANGUAGES
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_TEXT
from tests.organiser import CONSOLE_PATH, sign_in_organiser
from tests.recipients.test_console import act

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.organiser import Organiser
    from tests.supporter import Supporter

patiently = settings(bounded, max_examples=25)
"""For what asks a database each time."""

PLACES = {
    "counts": ("by", "first", "last", "government", "language", "revision", "origin", "source"),
    "signatures": ("id", "state", "held", "government", "source", "revision", "before"),
    "signatures?": ("created_from", "created_until", "campaign", "said"),
    "letters": ("state", "government", "before", "campaign"),
    "log": ("words", "who", "about", "action", "before"),
    "exports": ("campaign", "said", "watching"),
    "news": ("campaign", "said"),
    "sign-in": ("target",),
}
VALUES = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        [
            *("0001-01-01", "9999-12-31", "2026-W45-1", "20261102", "2026-11-31", "-0001-01-01"),
            *("0001-01-01T00:00", "9999-12-31T23:59:59.999999", "2026-11-02T10:00+14:00"),
            *(
                "9" * 5_000,
                "-" + "9" * 30,
                "\u0663",
                "0x10",
                "1_0",
                "(none)",
                "online",
                "day",
                "%00",
            ),
            *("0197f000-0000-7000-8000-000000000001", "{0}", "urn:uuid:", "//evil.example/"),
            *("/console/", "/console//evil.example", "/console/\\evil.example", "el", "DE", "y"),
        ]
    ),
)
QUERIES = st.sampled_from(sorted(PLACES)).flatmap(
    lambda page: st.tuples(
        st.just(page.rstrip("?")),
        st.lists(st.tuples(st.sampled_from(PLACES[page]), VALUES), min_size=1, max_size=4),
    )
)


class Typed(Form):
    moment = MomentField()


@pytest.fixture
def owner(container: Container, app: Flask) -> Callable[[], Organiser]:
    """Give who is signed in; by a function, because what is said about a container is long."""
    found = sign_in_organiser(container, app)
    return lambda: found


def place(page: str) -> str:
    """Return the address of a page, of the shipped campaign where it is about one."""
    return f"/console/{page}" if page in {"log", "sign-in"} else f"{CONSOLE_PATH}/{page}"


def asked(browser: FlaskClient, path: str, query: list[tuple[str, str]]) -> TestResponse:
    parts = (f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query)
    return browser.get(f"{path}?{'&'.join(parts)}")


@patiently
@given(query=QUERIES)
@example(query=("log", [("before", "-" + "9" * 30)]))
@example(query=("counts", [("first", "0001-01-01"), ("last", "9999-12-31"), ("by", "day")]))
@example(query=("signatures", [("created_from", "0001-01-01T00:00"), ("source", "\0")]))
def test_any_question_in_an_address_of_the_console_is_answered(
    owner: Callable[[], Organiser], query: tuple[str, list[tuple[str, str]]]
) -> None:
    answer = asked(owner().browser, place(query[0]), query[1])
    assert answer.status_code in {200, 303, 404, 422}


@pytest.mark.parametrize("page", PLACES)
def test_what_databases_refuse_to_look_for_is_not_asked(
    owner: Callable[[], Organiser], page: str
) -> None:
    for value in ("\0", "\ud800", "9" * 30, "-" + "9" * 30, "0001-01-01", "9999-12-31", "\u0663"):
        query = [(name, value) for name in PLACES[page] if name != "campaign"]
        answer = asked(owner().browser, place(page.rstrip("?")), query)
        assert answer.status_code in {200, 422}


@patiently
@given(
    query=st.lists(st.tuples(st.sampled_from(["from", "government", "source", "lang"]), VALUES)),
    page=st.sampled_from(["", "/sign", "/signatories", "/preview", "/card", "/embed"]),
)
def test_any_question_in_a_public_address_is_answered(
    supporter: Supporter, query: list[tuple[str, str]], page: str
) -> None:
    answer = asked(supporter.browser, supporter.path(page), query)
    assert answer.status_code in {200, 302, 303, 308, 404}


@patiently
@given(
    header=st.one_of(
        ANY_TEXT.map(lambda text: text.encode("utf-8", "replace").decode("latin-1")),
        st.lists(
            st.tuples(
                st.sampled_from(["el", "de-AT", "*", "x-klingon", "zh-Hant-CN", "", "en_GB"]),
                st.sampled_from(["", ";q=0", ";q=1", ";q=nan", ";q=9e99", ";q=-1", ";q=", ";x=1"]),
            ).map("".join)
        ).map(", ".join),
    )
)
@example(header="el;q=0.1, *;q=0.5")
@example(header="a;" * 20_000)
def test_any_wish_for_a_language_leads_to_one_that_is_there(
    supporter: Supporter, header: str
) -> None:
    answer = supporter.browser.get("/", environ_overrides={"HTTP_ACCEPT_LANGUAGE": header})
    assert answer.status_code == 303
    lang = urlsplit(answer.location).path.split("/")[1]
    assert lang in EU_LANGUAGES
    missing = supporter.browser.get("/x/y", environ_overrides={"HTTP_ACCEPT_LANGUAGE": header})
    assert missing.status_code == 404


COOKIES = st.lists(
    st.tuples(
        st.sampled_from(["console", "console-device", "__Host-console", "", "session"]),
        ANY_TEXT.map(lambda text: text.encode("utf-8", "replace").decode("latin-1")),
    ).map("=".join),
    min_size=1,
    max_size=3,
).map("; ".join)


@patiently
@given(cookies=COOKIES, token=ANY_TEXT)
def test_no_cookie_that_was_made_up_signs_anybody_in(app: Flask, cookies: str, token: str) -> None:
    headers = {"HTTP_COOKIE": cookies}
    stranger = app.test_client(use_cookies=False)
    assert "<h1>Sign in" in stranger.get("/console/", environ_overrides=headers).text
    data = {"csrf_token": token.encode("utf-8", "replace").decode()}
    acted = stranger.post("/console/people/invite", data=data, environ_overrides=headers)
    assert acted.status_code == 403


@patiently
@given(token=ANY_TEXT)
def test_a_form_with_an_id_that_was_made_up_is_offered_again_and_not_acted_on(
    owner: Callable[[], Organiser], token: str
) -> None:
    typed = token.encode("utf-8", "replace").decode()
    answer = owner().browser.post(
        "/console/recipients/DE/foreign-affairs/pause", data={"csrf_token": typed, "reason": "x"}
    )
    assert answer.status_code == 200
    assert 'name="csrf_token"' in answer.text


@patiently
@given(
    fields=st.dictionaries(
        st.sampled_from(["per_hour", "per_day", "opens", "closes", "zone"]), VALUES, min_size=1
    )
)
@example(fields={"opens": "0\u0663:00"})
@example(fields={"zone": "../../etc/passwd"})
def test_any_pace_is_set_or_a_fault_of_its_field(
    owner: Callable[[], Organiser], fields: dict[str, str]
) -> None:
    typed = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
    assert act(owner(), "pace", **typed).status_code in {303, 422}


@bounded
@given(moment=st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_that_a_field_shows_is_read_as_it_was(moment: datetime) -> None:
    with Flask(__name__).app_context():
        g.campaigns = ()  # a page about no campaign, whose zone is UTC
        shown = Typed(data={"moment": moment}).moment._value()
        assert Typed(MultiDict({"moment": shown})).moment.data == moment
