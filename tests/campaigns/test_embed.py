"""The letter in other people's pages: who may frame it, and what is in the frame."""

from __future__ import annotations

import re
import shutil
from html import unescape
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.supporter import carried, hidden_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

    from campaign.container import Container
    from tests.supporter import Supporter

PARTNER = "https://www.example.org"


@pytest.fixture
def framed(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> FlaskClient:
    """A browser at a site whose campaign one partner may embed."""
    shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, tmp_path / "campaigns" / SLUG)
    facts = tmp_path / "campaigns" / SLUG / "campaign.toml"
    facts.write_text(
        facts.read_text().replace(
            "\n# embed_hosts = ", f'\nembed_hosts = ["{PARTNER}", "https://example.net:8443"]\n#'
        )
    )
    container = make_container(environ | {"CAMPAIGN_CAMPAIGNS": str(tmp_path / "campaigns")})
    return create_app(container).test_client()


def framed_by(policy: str) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", policy)
    assert found
    return found.group(1)


@pytest.mark.asvs("3.4.6")
@pytest.mark.parametrize("path", ["", "/sign", "/sign?government=MT"])
def test_only_named_hosts_may_frame_it_and_it_sets_no_cookie(
    framed: FlaskClient, path: str
) -> None:
    answer = framed.get(f"/embed/en/{SLUG}{path}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert framed_by(policy) == f"{PARTNER} https://example.net:8443"
    assert "Set-Cookie" not in answer.headers
    assert not re.search(r'(?:src|href)="(?!http://localhost|/)', answer.text)


@pytest.mark.parametrize("path", ["", "/sign", "/signatories"])
def test_the_sites_own_pages_stay_out_of_every_frame(framed: FlaskClient, path: str) -> None:
    policy = framed.get(f"/en/{SLUG}{path}").headers["Content-Security-Policy"]
    assert framed_by(policy) == "'none'"


def test_nobody_frames_a_campaign_that_names_no_host(supporter: Supporter) -> None:
    headers = supporter.browser.get(f"/embed/en/{SLUG}").headers
    assert framed_by(headers["Content-Security-Policy"]) == "'none'"


def test_the_frame_shows_the_count_and_its_button_leads_out_with_the_source(
    framed: FlaskClient,
) -> None:
    page = framed.get(f"/embed/de/{SLUG}?source=partner").text
    assert '<html lang="de">' in page
    assert "<strong>" not in page, "a small total is not shown"
    button = re.search(r'class="button" href="([^"]+)" target="_blank"', page)
    assert button
    assert unescape(button.group(1)) == f"/de/{SLUG}?source=partner#sign"
    assert "source=embed" in framed.get(f"/embed/de/{SLUG}").text
    assert hidden_value(framed.get(f"/embed/de/{SLUG}/sign"), "source") == "embed"
    assert hidden_value(framed.get(f"/de/{SLUG}"), "source") == ""


def test_the_whole_form_stays_in_the_frame_until_the_code_is_typed(framed: FlaskClient) -> None:
    page = framed.get(f"/embed/en/{SLUG}/sign?government=DE&source=partner")
    form = {
        "stamp": hidden_value(page, "stamp"),
        "revision": hidden_value(page, "revision"),
        "source": hidden_value(page, "source"),
        "name": "Testa Example",
        "email": "testa@example.org",
        "government": "DE",
        "choice": "write",
        "step": "next",
    }
    letter = re.search(
        r'<a href="([^"]+)" target="_blank" rel="noopener">Read the letter', page.text
    )
    assert letter
    assert letter.group(1) == f"http://localhost/en/{SLUG}?source=partner"
    action = re.search(r'<form [^>]*method="post"[^>]* action="([^"]+)"', page.text)
    assert action
    assert action.group(1) == f"/embed/en/{SLUG}/sign"
    preview = framed.post(action.group(1), data=form)
    assert f'action="/embed/en/{SLUG}/sign"' in preview.text
    assert framed_by(preview.headers["Content-Security-Policy"]).startswith(PARTNER)
    last = form | carried(preview) | {"step": "send"}
    sent = framed.post(action.group(1), data=last)
    assert sent.status_code == 303
    assert sent.location.startswith(f"/embed/en/{SLUG}/check/")
    check = framed.get(sent.location)
    out = re.search(r'action="(/en/[^"]+/check/[^"]+)" target="_top"', check.text)
    assert out
    assert framed_by(check.headers["Content-Security-Policy"]).startswith(PARTNER)


def test_an_error_is_shown_inside_the_frame(framed: FlaskClient) -> None:
    answer = framed.get(f"/embed/en/{SLUG}/check/garbled")
    assert answer.status_code == 404
    assert framed_by(answer.headers["Content-Security-Policy"]).startswith(PARTNER)


def test_the_sizing_script_is_optional_small_and_kept_for_an_hour(framed: FlaskClient) -> None:
    answer = framed.get("/embed/size.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=3600, stale-while-revalidate=5"
    assert len(answer.data) < 1200
