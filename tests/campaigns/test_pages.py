"""The letter's page, the public figures, the names, and what holds for every response."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.signatures.rows import SignatureRow
from tests.clock import START, Clock
from tests.helpers.campaign_facts import set_fact
from tests.helpers.signatures import add_confirmed
from tests.languages import EU_LANGUAGES, MAIN_LANGUAGES
from tests.supporter import hidden_value

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.mark.parametrize(
    ("wish", "lang"),
    [
        ("de-AT,de;q=0.9", "de"),
        ("el", "el"),
        ("mt,fr;q=0.5", "mt"),
        ("is,fr;q=0.5", "fr"),
        ("zz", "en"),
        ("", "en"),
    ],
)
def test_the_start_page_leads_to_the_browsers_language(
    supporter: Supporter, wish: str, lang: str
) -> None:
    answer = supporter.browser.get("/", headers={"Accept-Language": wish})
    assert answer.status_code == 303
    assert answer.location == f"/{lang}/{supporter.slug}"
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_the_letters_page_has_its_demands_its_source_and_every_government(
    supporter: Supporter, container: Container, lang: str
) -> None:
    set_fact(container, "show_count_from", 0)
    supporter.lang = lang
    page = supporter.browser.get(supporter.path(), headers={"Accept-Language": "en"})
    assert page.headers["Content-Language"] == lang
    assert f'<html lang="{lang}">' in page.text
    assert page.text.count('<p class="kind">') == 6
    assert "Amnesty International" in page.text
    assert "2000" in page.text
    assert len(re.findall(r"\?government=[A-Z]{2}#sign", page.text)) == 27
    assert len(re.findall(r'<option value="[A-Z]{2}"', page.text)) == 27
    for other in EU_LANGUAGES:
        assert f'hreflang="{other}" href="http://localhost/{other}/{supporter.slug}"' in page.text


def test_links_to_other_languages_keep_what_the_page_was_asked_for(supporter: Supporter) -> None:
    # ISO 639-2's code for no language stands for each of them while the links are made.
    page = supporter.browser.get(supporter.path("?government=DE&source=zxx")).text
    links = dict(re.findall(r'<a href="([^"]*)" lang="(\w\w)" hreflang', page))
    assert links == {
        f"/{lang}/{supporter.slug}?government=DE&amp;source=zxx": lang for lang in EU_LANGUAGES
    }
    for lang in EU_LANGUAGES:
        assert f'hreflang="{lang}" href="http://localhost/{lang}/{supporter.slug}"' in page


@pytest.mark.parametrize("lang", MAIN_LANGUAGES)
def test_the_page_and_everything_with_it_weighs_at_most_35_kb(
    supporter: Supporter, lang: str
) -> None:
    supporter.lang = lang
    plain = supporter.browser.get(supporter.path())
    page = supporter.browser.get(supporter.path(), headers={"Accept-Encoding": "gzip"})
    parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', plain.text)
    sizes = [
        len(page.data),
        *(len(supporter.browser.get(part, buffered=True).data) for part in parts),
    ]
    assert len(sizes) <= 5
    assert sum(sizes) <= 35_000


def test_static_files_are_kept_for_a_year_because_their_address_changes_with_them(
    supporter: Supporter,
) -> None:
    page = supporter.browser.get(supporter.path()).text
    (sheet,) = re.findall(r'href="(/static/site\.css\?v=[^"]+)"', page)
    assert (
        "max-age=31536000" in supporter.browser.get(sheet, buffered=True).headers["Cache-Control"]
    )


def test_the_public_figures_agree_with_each_other(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "show_count_from", 3)
    for number, government in enumerate(("DE", "DE", "MT")):
        supporter.sign(email=f"testa{number}@example.org", government=government)
    document = supporter.browser.get(f"/{supporter.slug}/counts.json").get_json()
    by_country = {row["code"]: row["signature_count"] for row in document["signatures_by_country"]}
    assert document["signature_count"] == 3
    assert {code: n for code, n in by_country.items() if n} == {"DE": 2, "MT": 1}
    assert len(by_country) == 27
    assert document["signatures_by_day"] == [{"day": "2026-11-02", "signature_count": 3}]
    page = supporter.browser.get(supporter.path()).text
    assert "<strong>3</strong>" in page
    assert '<th scope="row">Germany</th><td class="figure">2</td>' in page


def test_a_total_that_is_small_is_on_no_page_and_all_the_same_in_the_figures(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "show_count_from", 2)
    paths = (
        supporter.path(),
        "/en/",
        f"/embed{supporter.path()}",
        f"/embed{supporter.path('/sign')}",
    )
    for number, is_shown in [(1, False), (2, True)]:
        supporter.sign(email=f"testa{number}@example.org")
        pages = {path: supporter.browser.get(path).text for path in paths}
        shown = {path: "signed and confirmed" in page for path, page in pages.items()}
        assert shown == dict.fromkeys(paths, is_shown)
        assert ('class="tiles"' in pages[supporter.path()]) is is_shown
        assert ("Confirmed signatures by government" in pages[supporter.path()]) is is_shown
        assert supporter.count() == number


def test_a_goal_is_shown_with_how_far_it_is(supporter: Supporter, container: Container) -> None:
    set_fact(container, "show_count_from", 1)
    assert "<progress" not in supporter.browser.get(supporter.path()).text
    set_fact(container, "goal", 2)
    supporter.sign()
    page = supporter.browser.get(supporter.path()).text
    assert re.search(r'<progress [^>]*max="2" value="1"', page)
    assert "The goal is 2 signatures." in page
    for number in (2, 3):
        supporter.sign(email=f"testa{number}@example.org")
    page = supporter.browser.get(supporter.path()).text
    assert re.search(r'<progress [^>]*max="2" value="2"', page)
    assert "The goal of 2 signatures has been reached." in page


def test_a_page_is_the_same_for_everybody_and_its_tag_for_an_hour(
    supporter: Supporter, clock: Clock
) -> None:
    def tag() -> str:
        return supporter.browser.get(supporter.path()).headers["ETag"]

    first, page = tag(), supporter.browser.get(supporter.path()).text
    assert supporter.browser.get(supporter.path()).text == page
    clock.advance(minutes=20)
    assert tag() == first
    assert supporter.browser.get(supporter.path()).text != page, "its token is of this second"
    clock.advance(hours=1)
    assert tag() != first


def test_the_public_page_may_be_kept_for_a_moment_and_answers_304(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "show_count_from", 0)
    for path in (supporter.path(), f"/{supporter.slug}/counts.json"):
        first = supporter.browser.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=5"
        again = supporter.browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        supporter.sign(email=f"{len(path)}@example.org")
        changed = supporter.browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert changed.status_code == 200


@pytest.mark.asvs("15.3.1")
def test_only_who_agreed_is_named_and_a_withdrawal_takes_the_name_away_at_once(
    supporter: Supporter,
) -> None:
    supporter.sign(name="Testa Shown", email="shown@example.org", show_name="y")
    supporter.sign(name="Testa Hidden", email="hidden@example.org")
    supporter.submit(name="Testa Pending", email="pending@example.org", show_name="y")
    page = supporter.browser.get(supporter.path("/signatories"))
    assert "Testa Shown" in page.text
    assert "Testa Hidden" not in page.text
    assert "Testa Pending" not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"


def test_names_are_paged_without_losing_or_repeating_one(
    supporter: Supporter, container: Container
) -> None:
    for number in range(105):
        moment = START + timedelta(seconds=number // 2)
        add_confirmed(
            container, 1, name=f"Testa N{number:03d}", show_name=True, confirmed_at=moment
        )
    seen: list[str] = []
    path = supporter.path("/signatories")
    while path:
        page = supporter.browser.get(path).text
        seen += re.findall(r"Testa (N\d{3})", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following.group(1) if following else ""
    assert sorted(seen) == [f"N{number:03d}" for number in range(105)]


@pytest.mark.parametrize("cursor", ["x", "-1", "1-", "9" * 40, "1-99999999", "²", "1_0-1"])
def test_a_garbled_page_of_names_is_no_error(supporter: Supporter, cursor: str) -> None:
    answer = supporter.browser.get(supporter.path(f"/signatories?from={cursor}"))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/xx/eu-china-dialogue", "/en/nothing", "/nothing/counts.json", "/en/x/y/z", "/%00"]
)
def test_what_does_not_exist_is_a_page_that_says_so(supporter: Supporter, path: str) -> None:
    answer = supporter.browser.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_the_figures_are_valid_json_with_names_in_the_campaigns_language(app: Flask) -> None:
    text = app.test_client().get("/eu-china-dialogue/counts.json").text
    assert json.loads(text)["signatures_by_country"][0] == {
        "code": "AT",
        "name": "Austria",
        "signature_count": 0,
    }


def test_where_a_visitor_came_from_is_counted_when_she_starts_at_the_letter(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "show_count_from", 0)
    page = supporter.browser.get(supporter.path("?source=unheard-of")).text
    links = {unescape(link) for link in re.findall(r'href="([^"]*#sign)"', page)} - {"#sign"}
    assert all("source=other" in link for link in links)
    form = supporter.browser.get(next(link for link in links if "government=MT" in link))
    assert hidden_value(form, "source") == "other"


def test_the_start_page_keeps_where_a_visitor_came_from(supporter: Supporter) -> None:
    answer = supporter.browser.get("/?source=newsletter", headers={"Accept-Language": "en"})
    assert answer.location == f"{supporter.path()}?source=newsletter"
    listed = supporter.browser.get("/en/?source=newsletter").text
    assert f'href="{supporter.path()}?source=newsletter"' in listed


def test_another_language_keeps_what_the_link_said(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path("?government=MT&source=other&x=1")).text
    german = re.search(r'href="([^"]*)" lang="de"', page)
    assert german
    assert unescape(german.group(1)).endswith("?government=MT&source=other")


def test_a_slash_at_the_end_is_forgiven(supporter: Supporter) -> None:
    assert supporter.browser.get(supporter.path("/")).status_code == 200


def test_one_damaged_name_does_not_take_the_others_from_the_page(
    supporter: Supporter, container: Container
) -> None:
    for number in range(2):
        supporter.sign(email=f"testa{number}@example.org", show_name="y", name=f"Testa {number}")
    with container.database.writing() as session:
        first = session.scalars(select(SignatureRow)).first()
        assert first is not None
        first.sealed = b"damaged"
    page = supporter.browser.get(supporter.path("/signatories"))
    assert page.status_code == 200
    assert page.text.count("Testa ") == 1
