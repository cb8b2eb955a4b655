"""What hands a letter on: cards, posters, share links."""

from __future__ import annotations

import re
import shutil
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from pypdf import PdfReader

from campaign.campaigns.share_images import SHARE_IMAGE_MAX_AGE, SHARE_IMAGE_SIZE
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.campaign_facts import set_fact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

NETWORKS = ["WhatsApp", "Telegram", "Signal", "Mastodon", "Bluesky", "X", "Facebook"]


def png_size(picture: bytes) -> tuple[int, int]:
    """Read the size that a PNG's header says (PNG specification, section 11.2.2)."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


@pytest.mark.parametrize("lang", ["bg", "el", "en", "mt"])
def test_networks_find_a_card_in_the_pages_language(supporter: Supporter, lang: str) -> None:
    supporter.lang = lang
    page = supporter.browser.get(supporter.path()).text
    values = {
        name: unescape(value)
        for name, value in re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)"', page)
    }
    assert values["url"] == f"http://localhost{supporter.path()}"
    assert values["title"] in unescape(page.partition("<h1>")[2])
    card = supporter.browser.get(urlsplit(values["image"]).path)
    assert card.mimetype == "image/png"
    assert png_size(card.data) == SHARE_IMAGE_SIZE
    assert (int(values["image:width"]), int(values["image:height"])) == SHARE_IMAGE_SIZE


def test_a_card_shows_a_new_count_after_ten_minutes_and_not_for_every_signature(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    set_fact(container, "show_count_from", 0)
    first = supporter.browser.get(supporter.path("/card.png")).data
    supporter.sign()
    assert supporter.browser.get(supporter.path("/card.png")).data == first
    clock.advance(seconds=SHARE_IMAGE_MAX_AGE.total_seconds())
    second = supporter.browser.get(supporter.path("/card.png")).data
    assert second != first
    clock.advance(seconds=SHARE_IMAGE_MAX_AGE.total_seconds())
    assert supporter.browser.get(supporter.path("/card.png")).data == second


@pytest.mark.parametrize(
    ("lang", "call"),
    [("en", "Scan the code with your phone"), ("pl", "Zeskanuj"), ("el", "Σαρώστε")],
)
def test_a_poster_is_one_sheet_with_the_demands_and_the_address(
    supporter: Supporter, shipped: Campaign, lang: str, call: str
) -> None:
    supporter.lang = lang
    answer = supporter.browser.get(supporter.path("/poster.pdf"))
    assert answer.mimetype == "application/pdf"
    (page,) = PdfReader(BytesIO(answer.data)).pages
    text = page.extract_text()
    assert call in text
    assert f"localhost/{lang}/{supporter.slug}" in text
    demands = shipped.words_in(lang).demands.values()
    flat = " ".join(text.split())
    assert all(demand.heading in flat for demand in demands)


@pytest.mark.asvs("1.2.2", "14.2.3")
def test_share_links_carry_the_letters_address_and_nothing_about_the_supporter(
    supporter: Supporter,
) -> None:
    private = supporter.sign(name="Testa Example", email="testa@example.org")
    done = private.replace("/private/", "/done/")
    for page in (supporter.browser.get(supporter.path()), supporter.browser.get(done)):
        block = page.text.partition('<ul class="share">')[2].partition("</ul>")[0]
        links = {
            name: unescape(link) for link, name in re.findall(r'href="([^"]+)">([^<]+)', block)
        }
        assert [name for name in links if name in NETWORKS] == NETWORKS
        for name in [*NETWORKS, "E-mail"]:
            said = unquote(links[name])
            assert f"http://localhost{supporter.path()}?source=share" in said
            assert "testa" not in said.lower()
            assert not re.search(r"utm_|fbclid|private/|done/", said)


def test_a_shared_link_and_a_poster_are_counted_as_where_a_supporter_came_from(
    supporter: Supporter,
) -> None:
    for source in ("share", "poster"):
        page = supporter.browser.get(supporter.path(f"?source={source}")).text
        assert f'<input type="hidden" name="source" value="{source}">' in page


def test_two_campaigns_with_the_same_words_have_posters_and_cards_of_their_own(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> None:
    for slug in ("first-edition", "second-edition"):
        bundle = shutil.copytree(SHIPPED_CAMPAIGNS / SLUG, tmp_path / "campaigns" / slug)
        facts = (bundle / "campaign.toml").read_text().replace(SLUG, slug)
        (bundle / "campaign.toml").write_text(facts)
    container = make_container(environ | {"CAMPAIGN_CAMPAIGNS": str(tmp_path / "campaigns")})
    browser = create_app(container).test_client()
    for slug in ("first-edition", "second-edition"):
        made = browser.get(f"/en/{slug}/poster.pdf").data
        (page,) = PdfReader(BytesIO(made)).pages
        assert f"localhost/en/{slug}" in page.extract_text()


def test_a_closed_letter_asks_nobody_to_sign(supporter: Supporter, container: Container) -> None:
    set_fact(container, "closes_on", "2001-01-01")
    assert supporter.browser.get(supporter.path("/poster.pdf")).status_code == 410
    page = supporter.browser.get(supporter.path()).text
    assert "poster.pdf" not in page
    assert "/sign?" not in page
    assert '/sign"' not in page
    assert supporter.browser.get(supporter.path("/card.png")).status_code == 200
