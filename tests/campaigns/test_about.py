"""What the site says about itself: accessibility, its words, its style in development."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.errors import ContentError
from campaign.web_app import create_app
from tests.languages import EU_LANGUAGES, MAIN_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SECURITY_TXT = "/.well-known/security.txt"


def fields(text: str) -> dict[str, str]:
    """Return the fields of a security.txt, of which each stands there once."""
    lines = [line.split(": ", 1) for line in text.removesuffix("\n").split("\n")]
    found = dict(lines)
    assert len(found) == len(lines)
    return found


@pytest.mark.parametrize("lang", EU_LANGUAGES)
def test_the_accessibility_statement_names_the_standard_its_gaps_and_whom_to_tell(
    supporter: Supporter, lang: str
) -> None:
    page = supporter.browser.get(f"/{lang}/accessibility")
    assert page.status_code == 200
    assert page.headers["Content-Language"] == lang
    text = unescape(page.text)
    assert "WCAG" in text
    assert "2.2" in text
    assert "320" in text
    assert 'href="mailto:contact@example.org"' in text
    assert text.count("<li>") >= 7 + len(EU_LANGUAGES)


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_a_page_says_whether_its_words_await_a_native_speaker_and_how_to_help(
    supporter: Supporter, lang: str
) -> None:
    page = supporter.browser.get(f"/{lang}/{supporter.slug}").text
    assert (f'href="/{lang}/translation"' in page) is (lang != "en")
    told = supporter.browser.get(f"/{lang}/translation")
    assert told.status_code == 200
    assert f'href="/{lang}/{supporter.slug}"' in told.text
    assert "mailto:contact@example.org" in told.text


def test_the_english_words_are_the_source(supporter: Supporter) -> None:
    assert supporter.browser.get("/en/translation").text.count("Written in this language") == 2


@pytest.mark.parametrize("path", ["/xx/accessibility", "/xx/translation"])
def test_there_is_no_page_in_a_language_that_is_not_there(supporter: Supporter, path: str) -> None:
    assert supporter.browser.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/{slug}", "/", "/accessibility", "/translation"])
def test_search_engines_find_every_language_of_an_indexable_page(
    supporter: Supporter, path: str
) -> None:
    path = path.format(slug=supporter.slug)
    page = supporter.browser.get(f"/mt{path}?source=partner").text
    found = dict(re.findall(r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', page))
    assert list(found) == [*EU_LANGUAGES[:8], "x-default", *EU_LANGUAGES[8:]]
    assert found["x-default"] == found["en"]
    assert found["mt"] == f"http://localhost/mt{path}"
    assert f'rel="canonical" href="http://localhost/mt{path}"' in page


def test_languages_are_chosen_by_their_own_names_in_the_official_order(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.path()).text
    links = re.findall(r'lang="(\w\w)" hreflang="\w\w"(?: aria-current="true")?>([^<]+)</a>', page)
    assert [tag for tag, _ in links] == list(EU_LANGUAGES)
    names = dict(links)
    assert (names["bg"], names["mt"], names["el"]) == ("български", "Malti", "Ελληνικά")


def test_the_style_guide_is_there_in_development(supporter: Supporter) -> None:
    page = supporter.browser.get("/styleguide")
    assert page.headers["X-Robots-Tag"] == "noindex"
    for component in ("button quiet", "error-summary", "tiles", "demands", "sheet"):
        assert f'class="{component}' in page.text


@pytest.mark.asvs("13.4.5", "15.2.3")
def test_there_is_no_style_guide_where_people_are(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    public = make_container(environ | {"CAMPAIGN_BASE_URL": "https://letters.example.org"})
    browser = create_app(public).test_client()
    address = "https://letters.example.org/styleguide"
    assert browser.get(address).status_code == 404


def test_search_engines_are_led_to_every_page_that_may_be_found(supporter: Supporter) -> None:
    robots = supporter.browser.get("/robots.txt")
    assert robots.mimetype == "text/plain"
    assert "Disallow: /console/" in robots.text
    assert "Sitemap: http://localhost/sitemap.xml" in robots.text
    listed = re.findall(
        r"<loc>http://localhost(.*?)</loc>", supporter.browser.get("/sitemap.xml").text
    )
    assert len(listed) == len(set(listed)) == 5 * len(EU_LANGUAGES)
    for path in listed[::7]:
        page = supporter.browser.get(path)
        assert page.status_code == 200
        assert "noindex" not in page.text


def test_whoever_finds_a_weakness_reads_whom_to_tell(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    public = environ | {
        "CAMPAIGN_BASE_URL": "https://letters.example.org",
        "CAMPAIGN_OPERATOR_CONTACT": "night%desk+letters@example.org",
        "CAMPAIGN_PRIVACY_CONTACT": "privacy@example.org",
    }
    browser = create_app(make_container(public)).test_client()
    answer = browser.get(f"https://letters.example.org{SECURITY_TXT}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=5"
    assert fields(answer.text) == {
        "Contact": "mailto:night%25desk%2Bletters@example.org",
        "Expires": "2027-10-31T00:00:00Z",
        "Preferred-Languages": ", ".join(EU_LANGUAGES),
        "Canonical": f"https://letters.example.org{SECURITY_TXT}",
    }


def test_without_https_no_address_is_called_the_right_one(supporter: Supporter) -> None:
    found = fields(supporter.browser.get(SECURITY_TXT).text)
    assert list(found) == ["Contact", "Expires", "Preferred-Languages"]


@pytest.mark.parametrize("day", ["2026-11-01", "2026-12-31", "2027-02-28", "2028-02-29"])
def test_whom_to_tell_is_good_for_most_of_a_year_and_the_same_all_day(
    supporter: Supporter, clock: Clock, day: str
) -> None:
    clock.now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    morning = supporter.browser.get(SECURITY_TXT)
    expires = datetime.fromisoformat(fields(morning.text)["Expires"])
    assert timedelta(days=330) < expires - clock.now < timedelta(days=365)
    clock.advance(hours=23, minutes=59, seconds=59)
    evening = supporter.browser.get(
        SECURITY_TXT, headers={"If-None-Match": morning.headers["ETag"]}
    )
    assert evening.status_code == 304


def test_reports_are_asked_for_in_the_languages_of_the_campaigns(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(HARBOUR, tmp_path / "campaigns" / "harbour")
    only = environ | {"CAMPAIGN_CAMPAIGNS": str(tmp_path / "campaigns")}
    browser = create_app(make_container(only)).test_client()
    assert fields(browser.get(SECURITY_TXT).text)["Preferred-Languages"] == "en, fr"


def test_no_campaign_can_stand_where_a_page_of_the_site_does(
    app: Flask, container: Container, tmp_path: Path
) -> None:
    rules = " ".join(rule.rule for rule in app.url_map.iter_rules())
    taken = set(re.findall(r"(?<!\S)/<lang>/([a-z-]+)(?!\S)", rules))
    assert {"accessibility", "privacy"} <= taken
    known = container.bundle_context
    for name in taken:
        bundle = shutil.copytree(HARBOUR, tmp_path / name)
        facts = bundle / "campaign.toml"
        facts.write_text(facts.read_text("utf-8").replace("harbour-quiet", name), "utf-8")
        with pytest.raises(ContentError, match="slug: is taken by the site"):
            load_bundle(bundle, known)
