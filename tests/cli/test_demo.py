"""`make demo`: what a newcomer finds on a site that was filled for her."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from tests.clock import START
from tests.demo.__main__ import MARK, make_anew
from tests.demo.filling import Numbers, fill
from tests.demo.organisers import RIVERS_SLUG
from tests.demo.site import DemoSite
from tests.organiser import CONSOLE_PATH, Organiser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

FEW = Numbers(shipped=24, rivers=5)
HOME = "http://localhost"


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organiser]:
    """The made-up owner of a site that few people filled."""
    folder = tmp_path_factory.mktemp("instance")
    fill(folder, HOME, FEW, START, lambda _: None)
    site = DemoSite(folder, HOME, START)
    yield site.owner()
    site.close()


def words_of(page: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_two_campaigns_are_published_and_a_third_lacks_a_text(owner: Organiser) -> None:
    listed = words_of(owner.get("/console/campaigns"))
    assert re.search(r"/clean-rivers open .*/eu-china-dialogue open .*/quiet-nights draft", listed)
    checked = words_of(owner.get("/console/c/quiet-nights/publication"))
    assert ": sentence is missing" in checked


def test_the_dashboards_are_alive(owner: Organiser) -> None:
    shipped = words_of(owner.get(f"{CONSOLE_PATH}/"))
    for state in ("confirmed", "held", "pending", "expired", "invalidated", "accepted", "bounced"):
        assert re.search(rf"\b[1-9]\d* {state}\b", shipped), state
    rivers = words_of(owner.get(f"/console/c/{RIVERS_SLUG}/"))
    assert re.search(r"\b[1-9]\d* confirmed\b", rivers)


def test_the_first_page_says_what_needs_attention(owner: Organiser) -> None:
    page = words_of(owner.get("/console/"))
    for matter in ("uncertain letter", "letter bounced", "under attack", "by an organiser"):
        assert matter in page


def test_everybody_in_it_is_visibly_made_up(owner: Organiser) -> None:
    page = owner.get(f"{CONSOLE_PATH}/signatures").text
    every = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    rows = [row for row in every if "(deleted)" not in row][1:]  # after the head
    assert len(rows) > FEW.shipped
    for row in rows:
        assert "Example" in row
        assert re.search(r"@(script\.)?example\.(org|com|net)\b", row)


def test_nothing_but_an_earlier_demonstration_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "instance-demo"
    make_anew(folder)
    (folder / "left").touch()
    make_anew(folder)
    assert [path.name for path in folder.iterdir()] == [MARK]
    (folder / MARK).unlink()
    with pytest.raises(click.ClickException, match="was not made by make demo"):
        make_anew(folder)
    elsewhere = tmp_path / "link"
    elsewhere.symlink_to(folder)
    with pytest.raises(click.ClickException):
        make_anew(elsewhere)
