"""What holds for every page: headers, hosts, limits, and a database that is away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask import request

from campaign.container import build_container
from campaign.settings.load import load_settings
from campaign.web_app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.mark.asvs("3.4.6", "14.3.2")
def test_every_response_carries_the_security_headers(supporter: Supporter) -> None:
    check = supporter.submit()
    for path in ("/", supporter.path(), supporter.path("/sign"), check, "/nothing", "/healthz"):
        headers = supporter.browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    assert supporter.browser.get(check).headers["Cache-Control"] == "no-store"


def test_no_page_has_a_script_or_a_style_written_into_it(supporter: Supporter) -> None:
    pages = [supporter.path(), supporter.path("/sign"), supporter.submit(), supporter.sign()]
    for path in pages:
        page = supporter.browser.get(path).text
        assert not re.search(r"<script(?![^>]* src=\"/static/)", page)
        assert "<style" not in page
        assert not re.search(r'\s(?:style|on\w+)="', page)


def test_another_host_name_is_refused(supporter: Supporter) -> None:
    answer = supporter.browser.get(supporter.path(), headers={"Host": "evil.example"})
    assert answer.status_code == 400


@pytest.mark.asvs("5.2.1")
def test_too_much_data_is_refused_with_a_page(supporter: Supporter) -> None:
    answer = supporter.post(supporter.form(paragraph="x" * 70_000))
    assert answer.status_code == 413
    assert "This is too long" in answer.text
    many = {f"field{number}": "x" for number in range(1000)}
    assert supporter.post(many).status_code == 413


def test_the_health_pages_answer(supporter: Supporter) -> None:
    assert supporter.browser.get("/healthz").text == "ok\n"
    assert supporter.browser.get("/readyz").text == "ready\n"


def test_a_site_behind_https_asks_browsers_to_stay_there(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    secure = make_container(environ | {"CAMPAIGN_BASE_URL": "https://localhost"})
    headers = create_app(secure).test_client().get("/healthz").headers
    assert "max-age=63072000" in headers["Strict-Transport-Security"]


def test_without_https_browsers_are_asked_nothing(supporter: Supporter) -> None:
    assert "Strict-Transport-Security" not in supporter.browser.get("/healthz").headers


@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize(("hops", "address"), [("0", "127.0.0.1"), ("1", "192.0.2.7")])
def test_a_proxys_word_counts_only_for_as_many_hops_as_were_set(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    hops: str,
    address: str,
) -> None:
    app = create_app(make_container(environ | {"CAMPAIGN_PROXY_HOPS": hops}))
    app.add_url_rule("/who", view_func=lambda: request.remote_addr or "")
    forwarded = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    assert app.test_client().get("/who", headers=forwarded).text == address


@pytest.mark.asvs("16.5.2")
@pytest.mark.parametrize(
    "database", ["postgresql://127.0.0.1:1/nowhere?connect_timeout=2", "sqlite:////proc/nowhere"]
)
def test_without_its_database_the_site_says_so_and_when_to_come_back(
    environ: dict[str, str], database: str
) -> None:
    container = build_container(load_settings(environ | {"CAMPAIGN_DATABASE_URL": database}))
    browser = create_app(container).test_client()
    looked, sent = browser.get("/en/a-letter"), browser.post("/en/a-letter/sign", data={"a": "b"})
    for answer in (looked, sent):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert "This page is not available right now" in looked.text
    assert "Nothing was saved" in sent.text
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "not ready\n")
    assert browser.get("/healthz").status_code == 200
