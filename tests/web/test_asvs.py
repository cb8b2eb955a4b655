"""What OWASP ASVS asks of every public page and no other test shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.services import create_worker
from campaign.settings.settings import BASE_DIR
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.supporter import Supporter
from tests.web.test_routes import addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport

BEGINS = {
    "application/json": "{",
    "application/pdf": "%PDF",
    "application/xml": "<?xml",
    "image/png": "\ufffdPNG",
    "image/svg+xml": "<svg",
    "text/css": "/*",
    "text/html": "<!doctype html>",
    "text/javascript": "//",
    "text/plain": "",
}
"""How an answer of each type begins."""

WITHOUT_CHARSET = {"application/json", "application/pdf", "image/png"}
"""JSON is UTF-8 (RFC 8259, section 8.1), and the others are no text."""


def asked(app: Flask, container: Container, supporter: Supporter) -> dict[str, TestResponse]:
    """Return the answer of every public address, of static files, and of what is refused."""
    browser = app.test_client()
    paths = [
        *addresses(app, supporter, container, "GET"),
        *(f"/static/{file.name}" for file in (BASE_DIR / "static").iterdir()),
        *("/nothing", "/static/nothing", f"/en/{SLUG}/private/no-token"),
    ]
    answers = {path: browser.get(path, buffered=True) for path in paths}
    answers["a form that lacks all"] = browser.post(supporter.path("/sign"), data={"name": "x"})
    answers["too much"] = browser.post(supporter.path("/sign"), data={"name": "x" * 70_000})
    answers["another method"] = browser.put(supporter.path())
    answers["another host"] = browser.get("/", headers={"Host": "evil.example"})
    return answers


@pytest.mark.asvs("3.4.1", "3.4.3", "3.4.4", "3.4.5", "4.1.1")
def test_every_answer_says_what_it_is_and_how_browsers_are_to_take_it(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    transport: MemoryTransport,
) -> None:
    container = make_container(environ | {"CAMPAIGN_BASE_URL": "https://localhost"})
    app = create_app(container)
    supporter = Supporter(app.test_client(), create_worker(container, transport), transport, SLUG)
    answers = asked(app, container, supporter)
    assert len(answers) > 30
    for path, answer in answers.items():
        headers, kind = answer.headers, answer.mimetype or ""
        assert headers["Strict-Transport-Security"] == "max-age=63072000", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert {"default-src 'none'", "base-uri 'none'"} <= policy_of(answer), path
        if answer.data:
            assert answer.data.decode("utf-8", "replace").startswith(BEGINS[kind]), path
            assert kind in WITHOUT_CHARSET or "charset=utf-8" in headers["Content-Type"], path


def policy_of(answer: TestResponse) -> set[str]:
    return {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}


@pytest.mark.asvs("3.4.2")
def test_other_sites_may_read_the_public_figures_and_nothing_else(
    app: Flask, container: Container, supporter: Supporter
) -> None:
    browser, elsewhere = app.test_client(), {"Origin": "https://elsewhere.example"}
    answers = {
        path: browser.get(path, headers=elsewhere).headers
        for path in addresses(app, supporter, container, "GET")
    }
    header = "Access-Control-Allow-Origin"
    shared = {path: said[header] for path, said in answers.items() if header in said}
    assert shared == {f"/{SLUG}/counts.json": "*"}
    assert "Access-Control-Allow-Credentials" not in answers[f"/{SLUG}/counts.json"]
    assert "testa" not in browser.get(f"/{SLUG}/counts.json").text.lower()


ODD = "</textarea><script>alert(1)</script> \"' onclick=x> </p><img src=x> ]} \\u003c"


@pytest.mark.asvs("1.2.1", "1.2.3")
def test_markup_that_somebody_types_is_text_in_pages_and_in_json(supporter: Supporter) -> None:
    typed = {"paragraph": ODD, "town": "O'Example & Daughters"}
    form = supporter.form(**typed)
    private = supporter.sign(**typed)
    pages = [supporter.post(form), supporter.post(form | {"name": ""})]
    for page in (*pages, supporter.browser.get(private)):
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39; onclick" in page.text
        assert "O&#39;Example &amp; Daughters" in page.text
        assert "<script>" not in page.text
        assert "<img" not in page.text
    taken = supporter.browser.post(f"{private}/download", data={"as": "json"}).get_json()
    assert ODD in taken["letters"][0]["text"]
    assert taken["signature"]["town"] == typed["town"]


@pytest.mark.asvs("3.2.2", "14.3.3")
def test_scripts_write_no_markup_and_keep_nothing() -> None:
    dangerous = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment"
        r"|\beval\b|new Function|setTimeout\(\s*[\"'`]|localStorage|sessionStorage|indexedDB"
        r"|\.cookie\b"
    )
    scripts = sorted((BASE_DIR / "static").glob("*.js"))
    assert len(scripts) >= 4
    for script in scripts:
        source = script.read_text(encoding="utf-8")
        assert not dangerous.search(source), script.name
        if "srcdoc" in source:
            # A page in a frame in which nothing runs.
            assert 'setAttribute("sandbox", "allow-same-origin")' in source, script.name


@pytest.mark.asvs("5.3.2", "13.4.3")
def test_no_folder_is_listed_and_no_file_is_served_but_those_meant_for_it(app: Flask) -> None:
    for path in (
        "/static/",
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fpyproject.toml",
        "/static/%2fetc/passwd",
        "/static/%00",
        "/.git/config",
        "/pyproject.toml",
        "/instance/identity_key.secret",
    ):
        answer = app.test_client().get(path, follow_redirects=True)
        assert answer.status_code == 404, path


@pytest.mark.asvs("13.4.4")
def test_trace_is_answered_nowhere(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert "TRACE" not in (rule.methods or ())
    for path in ("/", f"/en/{SLUG}", "/healthz", "/static/site.css"):
        assert app.test_client().open(path, method="TRACE").status_code == 405


@pytest.mark.asvs("16.3.4", "16.5.1")
def test_a_fault_of_ours_is_in_the_log_and_its_page_says_nothing_of_it(
    container: Container, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(**_: str) -> str:
        raise ZeroDivisionError("testa@example.org")

    app = create_app(container)
    app.view_functions["public.letter"] = breaks
    answer = app.test_client().get(f"/en/{SLUG}")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert not {
        word for word in ("ZeroDivision", "Traceback", "testa@", ".py") if word in answer.text
    }
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_of_ours_takes_nothing_that_was_typed(container: Container) -> None:
    def breaks(**_: str) -> str:
        raise ZeroDivisionError

    app = create_app(container)
    app.view_functions["signing.submit_step"] = breaks
    answer = app.test_client().post(f"/en/{SLUG}/sign", data={"paragraph": "My own words"})
    assert answer.status_code == 500
    assert "My own words</textarea>" in answer.text
    assert "Send it again" in answer.text
