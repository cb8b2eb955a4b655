"""What the pages say about who wrote a letter depends on who did, and on whose text is shown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.web_app import create_app
from tests.supporter import Supporter, area_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
SLUG = "harbour-quiet"
SHIPPED = "eu-china-dialogue"
SOURCE = "Lettre ouverte d’exemple sur les ports tranquilles"
NOTICE = "The authors of the open letters get none of your data:"


@pytest.fixture
def opened(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> Callable[..., FlaskClient]:
    """Give a browser on a site with the harbour letter, with lines put before those of its files.

    `shipped`: whether the shipped letter stands beside it.
    """

    def make(facts: str = "", *, shipped: bool = False, **words: str) -> FlaskClient:
        folder = tmp_path / "campaigns"
        shutil.copytree(HARBOUR, folder / "harbour")
        if shipped:
            shutil.copytree(SHIPPED_CAMPAIGNS / SHIPPED, folder / SHIPPED)
        for file, lines in {"campaign": facts, **words}.items():
            path = folder / "harbour" / f"{file}.toml"
            path.write_text(f"{lines}\n{path.read_text()}")
        container = make_container(environ | {"CAMPAIGN_CAMPAIGNS": str(folder)})
        return create_app(container).test_client()

    return make


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_letter_of_others_is_retold_unless_its_facts_say_otherwise(
    opened: Callable[..., FlaskClient],
) -> None:
    page = words_of(opened().get(f"/en/{SLUG}").text)
    said = "Based on an open letter by Example Harbour Society, published on 29 February 2000:"
    assert f"{said} {SOURCE}" in page
    assert "Read it in our own words" in page
    assert f"The original is by Example Harbour Society: {SOURCE} (29 February 2000)" in page


def test_the_operators_own_letter_is_neither_retold_nor_somebody_elses(
    opened: Callable[..., FlaskClient],
) -> None:
    browser = opened('by = "operator"\nshown = "own text"')
    page = words_of(browser.get(f"/en/{SLUG}").text)
    assert f"By Example Harbour Society, published on 29 February 2000. {SOURCE}" in page
    assert "Read the letter" in page
    for false in ("Based on an open letter", "retold", "our own words", "The original is by"):
        assert false not in page, false


def test_the_operators_own_letter_told_in_short_has_an_original(
    opened: Callable[..., FlaskClient],
) -> None:
    page = words_of(opened('by = "operator"').get(f"/en/{SLUG}").text)
    assert "Based on an open letter by Example Harbour Society, published on" in page
    assert "Read a summary" in page
    assert "The original is by Example Harbour Society:" in page
    assert "our own words" not in page


def test_the_text_of_others_may_be_shown_as_theirs(opened: Callable[..., FlaskClient]) -> None:
    page = words_of(opened('shown = "own text"').get(f"/en/{SLUG}").text)
    assert "By Example Harbour Society, published on 29 February 2000." in page
    assert "Read the letter" in page
    assert "retold" not in page


def test_a_letter_whose_page_has_its_own_title_names_it_once(
    opened: Callable[..., FlaskClient],
) -> None:
    title = "An example harbour should sleep at night"
    browser = opened('shown = "own text"', en=f'source_title = "{title}"')
    said = browser.get(f"/en/{SLUG}").text.partition("<main")[2].partition('class="share"')[0]
    assert words_of(said).count(title) == 1


def test_the_notice_names_the_authors_who_get_no_data(opened: Callable[..., FlaskClient]) -> None:
    page = words_of(opened(shipped=True).get("/en/privacy").text)
    assert f"{NOTICE} Amnesty International and Example Harbour Society. Nobody processes" in page


def test_the_notice_does_not_say_that_an_operator_who_is_author_gets_no_data(
    opened: Callable[..., FlaskClient],
) -> None:
    browser = opened('by = "operator"')
    for lang in ("en", "fr", "de"):
        page = browser.get(f"/{lang}/privacy").text
        assert "Example Harbour Society" not in page, lang
    assert NOTICE not in browser.get("/en/privacy").text


def test_of_two_letters_the_notice_names_the_author_of_the_one_that_is_not_the_operators(
    opened: Callable[..., FlaskClient],
) -> None:
    page = words_of(opened('by = "operator"', shipped=True).get("/en/privacy").text)
    assert f"{NOTICE} Amnesty International." in page


def test_author_and_title_are_named_in_the_readers_language(
    opened: Callable[..., FlaskClient], worker: Worker, transport: MemoryTransport
) -> None:
    lines = 'author = "Society for Example Harbours"\nsource_title = "Open example letter"'
    browser = opened(en=lines)
    page = browser.get(f"/en/{SLUG}").text
    assert "Based on an open letter by Society for Example Harbours" in page
    assert '<cite lang="en">Open example letter</cite>' in page
    assert f'<cite lang="fr">{SOURCE}</cite>' in page.partition("The original is by")[2]
    french = browser.get(f"/fr/{SLUG}").text
    assert "Example Harbour Society" in french
    assert "Society for Example Harbours" not in french
    assert "Society for Example Harbours" in words_of(browser.get("/en/privacy").text)
    supporter = Supporter(browser, worker, transport, SLUG)
    demands = ["quiet_nights", "slow_ships"]
    preview = supporter.post(supporter.form(step="preview", government="GB", demands=demands))
    assert "Society for Example Harbours" in area_value(preview, "body")


def test_the_privacy_notice_says_how_long_also_for_a_letter_that_is_not_in_its_language(
    opened: Callable[..., FlaskClient],
) -> None:
    page = opened(shipped=True).get("/el/privacy").text
    assert '<strong lang="fr">Ports tranquilles (exemple)</strong>' in page
    found = re.search(r'<li><strong lang="fr">.*?</li>', page, re.DOTALL)
    assert found
    assert "30 Ιανουαρίου 3000" in words_of(found[0])
