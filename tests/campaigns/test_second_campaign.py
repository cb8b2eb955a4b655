"""A very different campaign on the same software, alone and beside the one that ships."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from campaign.web_app import create_app
from tests.supporter import Supporter, area_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SLUG = "harbour-quiet"
SHIPPED = "eu-china-dialogue"
DEMANDS = ["quiet_nights", "slow_ships"]
FIFTEEN = set("AT BE DE DK ES FI FR GB GR IE IT LU NL PT SE".split())  # noqa: SIM905

SHIPPED_WORDS = re.compile(r"(?i)\b(chin(a|e|as|ese)|amnesty|dialogue?)\b|eu-china|benchmark")
CODE_WORDS = re.compile(r"(?i)amnesty|\bchin(a|e|as|ese)\b|eu-china")


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "only-harbour"
    shutil.copytree(HARBOUR, folder / "harbour")
    return environ | {"CAMPAIGN_CAMPAIGNS": str(folder)}


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    return Supporter(app.test_client(), worker, transport, SLUG)


@pytest.fixture
def both(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> Callable[..., FlaskClient]:
    """Give a browser on a site with both campaigns, and with further settings."""
    folder = tmp_path / "both"
    shutil.copytree(HARBOUR, folder / "harbour")
    shutil.copytree(SHIPPED_CAMPAIGNS / SHIPPED, folder / SHIPPED)

    def make(**more: str) -> FlaskClient:
        container = make_container(environ | {"CAMPAIGN_CAMPAIGNS": str(folder)} | more)
        return create_app(container).test_client()

    return make


def test_the_page_shows_its_words_and_its_fifteen_governments(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    for words in (
        "An example harbour should sleep at night",
        "Based on an open letter by Example Harbour Society, published on 29 February 2000:",
        '<cite lang="fr">Lettre ouverte d’exemple sur les ports tranquilles</cite>',
        "Let every example ship enter the harbour at walking pace.",
        "A wish of the example letter",
        "It would like to hear the waves again.",
    ):
        assert words in page
    assert set(re.findall(r"\?government=([A-Z]{2})", page)) == FIFTEEN
    rows = re.findall(r'<th scope="row">(.*?)</th>', page)
    assert len(rows) == 15
    assert "United Kingdom" in rows


def test_the_form_offers_its_governments_demands_and_consents(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert set(re.findall(r'<option value="([A-Z]{2})"', page)) == FIFTEEN
    assert "Show my name on the harbour wall." in page
    page = supporter.post(supporter.form(demands=None)).text
    assert re.findall(r'name="demands" type="checkbox" value="(\w+)"', page) == DEMANDS
    assert "Show my name on the harbour wall." in page


def test_its_languages_are_its_own(supporter: Supporter) -> None:
    page = supporter.browser.get(supporter.path()).text
    assert set(re.findall(r'hreflang="(\w\w)"', page)) == {"en", "fr"}
    assert supporter.browser.get(f"/de/{SLUG}").location == f"/fr/{SLUG}"
    assert supporter.browser.get("/").location == f"/fr/{SLUG}"


def test_a_letter_to_london_is_delivered_in_english(supporter: Supporter) -> None:
    supporter.lang = "fr"
    form = supporter.form(demands=DEMANDS, government="UK", step="preview")
    assert supporter.post(form).status_code == 422
    preview = supporter.post(form | {"government": "GB"})
    body = area_value(preview, "body")
    assert "in the United Kingdom" in body
    assert "au Royaume-Uni" in preview.text
    supporter.sign(demands=DEMANDS, government="GB")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.to == "gb@ministry.example"
    assert letter.message["Content-Language"] == "en"
    assert letter.message["Subject"] == "Quiet harbours in the United Kingdom"
    assert "With a sailor’s greeting," in letter.text


def test_a_ministry_that_reads_none_of_its_languages_is_written_to_in_french(
    supporter: Supporter,
) -> None:
    supporter.sign(demands=DEMANDS, government="FI")
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Content-Language"] == "fr"
    assert letter.message["Subject"] == "Des ports tranquilles en Finlande"


def test_its_public_file_names_all_its_governments_in_its_main_language(
    supporter: Supporter,
) -> None:
    supporter.sign(demands=DEMANDS, government="GB")
    counts = supporter.browser.get(f"/{SLUG}/counts.json").get_json()
    by_code = {row["code"]: row for row in counts["signatures_by_country"]}
    assert counts["campaign"] == SLUG
    assert counts["signature_count"] == 1
    assert set(by_code) == FIFTEEN
    assert by_code["GB"] == {"code": "GB", "name": "Royaume-Uni", "signature_count": 1}
    assert by_code["DE"]["signature_count"] == 0


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_word_of_the_shipped_campaign_appears_anywhere(supporter: Supporter, lang: str) -> None:
    supporter.lang = lang
    browser, path = supporter.browser, supporter.path
    form = supporter.form(demands=DEMANDS, government="GB", step="preview", show_name="y")
    seen = {
        "preview": supporter.post(form).text,
        "faulty form": supporter.post(form | {"name": ""}).text,
        "check": browser.get(supporter.submit(demands=DEMANDS, government="GB")).text,
    }
    seen["confirm"] = browser.get(supporter.newest_mail().link("confirm")).text
    seen["stop"] = browser.get(supporter.newest_mail().link("stop")).text
    done = supporter.confirm()
    supporter.submit(demands=DEMANDS, government="GB")
    supporter.deliver()
    for address in (
        done,
        done.replace("/done/", "/private/"),
        path(),
        path("/sign"),
        "/fr/",
        "/en/",
    ):
        seen[address] = browser.get(address).text
    seen["names"] = browser.get(path("/signatories")).text
    seen["missing"] = browser.get(path("/missing")).text
    seen["counts"] = browser.get(f"/{SLUG}/counts.json").text
    for mail in (*supporter.mails(), *supporter.letters()):
        seen[f"{mail.message['Subject']}"] = f"{mail.message.items()}\n{mail.text}"
    assert len(supporter.mails()) == 2
    assert len(supporter.letters()) == 1
    found = {where: SHIPPED_WORDS.search(text) for where, text in seen.items()}
    assert not any(found.values()), found
    assert all("harbour" in text or "port" in text.lower() for text in seen.values())


def test_two_campaigns_are_listed_where_none_is_the_default(
    both: Callable[..., FlaskClient],
) -> None:
    browser = both()
    response = browser.get("/", headers={"Accept-Language": "en"})
    assert (response.status_code, response.location) == (303, "/en/")
    listed = browser.get("/en/").text
    assert f'href="/en/{SLUG}"' in listed
    assert f'href="/en/{SHIPPED}"' in listed
    assert f'href="/de/{SLUG}"' not in browser.get("/de/").text


@pytest.mark.parametrize(("slug", "lang"), [(SLUG, "fr"), (SHIPPED, "hu")])
def test_the_default_campaign_is_what_the_root_leads_to(
    both: Callable[..., FlaskClient], slug: str, lang: str
) -> None:
    browser = both(CAMPAIGN_DEFAULT=slug)
    response = browser.get("/", headers={"Accept-Language": "hu"})
    assert (response.status_code, response.location) == (303, f"/{lang}/{slug}")


def test_a_ministry_without_a_letter_in_its_language_gets_the_campaigns_and_she_is_told(
    supporter: Supporter,
) -> None:
    supporter.lang = "en"
    form = supporter.form(step="preview", government="FI", demands=DEMANDS)
    preview = supporter.post(form).text
    assert "no translation yet into a language that this office reads" in preview
    assert "so your letter is in French." in preview


def test_two_campaigns_count_apart(
    both: Callable[..., FlaskClient], worker: Worker, transport: MemoryTransport
) -> None:
    browser = both()
    Supporter(browser, worker, transport, SLUG).sign(demands=DEMANDS)
    other = Supporter(browser, worker, transport, SHIPPED)
    assert other.count() == 0
    other.sign()
    assert other.count() == Supporter(browser, worker, transport, SLUG).count() == 1


def test_a_link_of_one_campaign_does_not_serve_the_other(
    both: Callable[..., FlaskClient], worker: Worker, transport: MemoryTransport
) -> None:
    browser = both()
    harbour = Supporter(browser, worker, transport, SLUG)
    harbour.submit(demands=DEMANDS)
    link = harbour.newest_mail().link("confirm").replace(SLUG, SHIPPED)
    assert browser.post(link).status_code == 404
    assert harbour.count() == 0


def test_the_shipped_campaign_stands_in_its_data_and_nowhere_in_code() -> None:
    package, templates = BASE_DIR / "campaign", BASE_DIR / "templates"
    files = [
        *(path for path in package.rglob("*.py") if package / "data" not in path.parents),
        *(package / "translations").rglob("*.po"),
        *(path for path in templates.rglob("*") if path.is_file()),
        *(BASE_DIR / "static").glob("*.*"),
    ]
    named = [path for path in files if CODE_WORDS.search(path.read_text(encoding="utf-8"))]
    assert len(files) > 100
    assert named == []
