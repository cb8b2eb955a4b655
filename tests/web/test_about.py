"""What the site says about itself: accessibility, its words, its style in development."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from campaign.factory import create_app
from tests.languages import FOUR, OFFICIAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.factory import House
    from tests.supporter import Supporter


@pytest.mark.parametrize("lang", OFFICIAL)
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
    assert text.count("<li>") >= 7 + len(OFFICIAL)


@pytest.mark.parametrize("lang", FOUR)
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
    assert list(found) == [*OFFICIAL[:8], "x-default", *OFFICIAL[8:]]
    assert found["x-default"] == found["en"]
    assert found["mt"] == f"http://localhost/mt{path}"
    assert f'rel="canonical" href="http://localhost/mt{path}"' in page


def test_languages_are_chosen_by_their_own_names_in_the_official_order(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.path()).text
    links = re.findall(r'lang="(\w\w)" hreflang="\w\w"(?: aria-current="true")?>([^<]+)</a>', page)
    assert [tag for tag, _ in links] == list(OFFICIAL)
    names = dict(links)
    assert (names["bg"], names["mt"], names["el"]) == ("български", "Malti", "Ελληνικά")


def test_the_style_guide_is_there_in_development(supporter: Supporter) -> None:
    page = supporter.browser.get("/styleguide")
    assert page.headers["X-Robots-Tag"] == "noindex"
    for component in ("button quiet", "error-summary", "tiles", "demands", "sheet"):
        assert f'class="{component}' in page.text


def test_there_is_no_style_guide_where_people_are(
    make_house: Callable[[dict[str, str]], House], environ: dict[str, str]
) -> None:
    public = make_house(environ | {"CAMPAIGN_BASE_URL": "https://letters.example.org"})
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
    assert len(listed) == len(set(listed)) == 5 * len(OFFICIAL)
    for path in listed[::7]:
        page = supporter.browser.get(path)
        assert page.status_code == 200
        assert "noindex" not in page.text
