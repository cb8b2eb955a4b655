"""What strangers send as headers costs no more than what browsers send."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from campaign.web.header_limits import HeaderLimits
from tests.conftest import SLUG

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask

    from tests.supporter import Supporter

LINE = 7_500
"""Characters of a header that nginx and gunicorn let through."""

TIMES, MOST = 7, 4
NOT_THERE, FILE, SIGN_IN = "/nothing/here", "/static/site.css", "/console/sign-in"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No header is the database's matter."""
    return sqlite_url


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"CAMPAIGN_PROXY_HOPS": "1"}


def long_line(of: str, begin: str = "") -> str:
    return (begin + of * LINE)[:LINE]


def seconds(app: WSGIApplication, path: str, more: dict[str, str]) -> float:
    """Return the processor's time for a request: the least of several."""
    taken = []
    for _ in range(TIMES):
        environ = EnvironBuilder(path, base_url="http://localhost").get_environ() | more
        began = time.thread_time()
        run_wsgi_app(app, environ, buffered=True)
        taken.append(time.thread_time() - began)
    return min(taken)


@pytest.mark.parametrize(
    ("header", "value", "path"),
    [
        ("HTTP_ACCEPT_LANGUAGE", long_line("a,"), NOT_THERE),
        ("HTTP_ACCEPT_LANGUAGE", long_line("de;q=0.1,"), "/"),
        ("HTTP_ACCEPT_LANGUAGE", long_line("a-"), NOT_THERE),
        ("HTTP_ACCEPT_LANGUAGE", ",".join([long_line("a,")] * 4), NOT_THERE),
        ("HTTP_ACCEPT_ENCODING", long_line('"a",'), FILE),
        ("HTTP_IF_NONE_MATCH", long_line(","), FILE),
        ("HTTP_IF_MATCH", long_line("a,"), FILE),
        ("HTTP_X_FORWARDED_FOR", long_line('"a",'), NOT_THERE),
        ("HTTP_X_FORWARDED_PROTO", long_line('"a",'), NOT_THERE),
        ("HTTP_COOKIE", long_line(";"), SIGN_IN),
        ("HTTP_COOKIE", long_line("\\377", 'console="') + '"', SIGN_IN),
        ("QUERY_STRING", long_line("%ff"), SIGN_IN),
        ("QUERY_STRING", long_line("a&"), SIGN_IN),
    ],
)
def test_a_long_header_costs_about_what_none_costs(
    app: Flask, header: str, value: str, path: str
) -> None:
    seconds(app.wsgi_app, path, {})
    assert seconds(app.wsgi_app, path, {header: value}) < MOST * seconds(app.wsgi_app, path, {})


def read_of(header: str, value: str) -> str:
    """Return what an application behind gets to read of a header."""
    read: list[str] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        read.append(environ[header])
        start_response("200 OK", [])
        return []

    Client(HeaderLimits(app), use_cookies=False).get(environ_overrides={header: value})
    return read[0]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"),
        ("HTTP_ACCEPT_LANGUAGE", "de-AT,de;q=0.9,en-GB;q=0.8,en;q=0.7,fr;q=0.6,mt;q=0.5"),
        ("HTTP_IF_NONE_MATCH", 'W/"0123456789abcdef0123456789abcdef01234567"'),
        ("HTTP_COOKIE", "one=1; __Host-console=" + "x" * 43 + "; two=2"),
        ("CONTENT_TYPE", "multipart/form-data; boundary=" + "e" * 70),
        ("QUERY_STRING", "government=DE&source=press&from="),
        ("HTTP_X_FORWARDED_FOR", "192.0.2.1, 2001:db8::1"),
    ],
)
def test_what_browsers_send_is_read_as_it_is(header: str, value: str) -> None:
    assert read_of(header, value) == value


@pytest.mark.parametrize(
    ("header", "separator", "parts"),
    [
        ("HTTP_ACCEPT", ",", 20),
        ("HTTP_ACCEPT_LANGUAGE", ",", 20),
        ("HTTP_RANGE", ",", 20),
        ("HTTP_COOKIE", ";", 180),
        ("CONTENT_TYPE", ";", 5),
        ("QUERY_STRING", "&", 50),
    ],
)
def test_of_a_long_one_the_first_parts_are_read_and_none_of_them_by_half(
    header: str, separator: str, parts: int
) -> None:
    assert read_of(header, separator.join(["ab"] * 2_000)) == separator.join(["ab"] * parts)
    assert read_of(header, f"ab{separator}{'x' * LINE}{separator}cd") in {"ab", f"ab{separator}cd"}
    assert read_of(header, "x" * LINE) == ""


def test_a_long_list_of_proxies_ends_with_our_own() -> None:
    read = read_of("HTTP_X_FORWARDED_FOR", f"{'192.0.2.1,' * 700} 198.51.100.7")
    assert read.endswith(",192.0.2.1, 198.51.100.7")
    assert read_of("HTTP_X_FORWARDED_FOR", f"{'x' * LINE}, 198.51.100.7") == " 198.51.100.7"


def test_the_language_is_chosen_from_the_first_twenty(supporter: Supporter) -> None:
    def chosen(asked: str) -> str:
        answer = supporter.browser.get("/", headers={"Accept-Language": asked})
        return str(answer.location)

    unknown = [f"x{letter}" for letter in "abcdefghijklmnopqrs"]
    assert chosen(",".join([*unknown, "mt"])) == f"/mt/{SLUG}"
    assert chosen(",".join([*unknown, "xt", "mt"])) == f"/en/{SLUG}"
    assert chosen("fr," + long_line("xx,")) == f"/fr/{SLUG}"


def test_links_into_other_languages_carry_no_more_than_a_link_says(supporter: Supporter) -> None:
    page = supporter.browser.get(f"{supporter.path()}?source=press&government={'x' * 1_900}").text
    assert "source=press" in page
    assert len(page) < 2 * len(supporter.browser.get(supporter.path()).text)
