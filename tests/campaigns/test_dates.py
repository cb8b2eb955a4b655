"""Before a letter opens and after it has closed its pages say so, each with the day."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.web_app import create_app
from tests.helpers.campaign_facts import set_fact
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
PATHS = ("", "/sign", "/poster.pdf")
CLOSED = "This letter is closed", "The last day to sign was 1 March 2026."
NOT_YET = "This letter is not open yet", "You can sign it from 2 January 2030."
SHOWN_FRAME = "/embed/en/eu-china-dialogue"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def both_said(page: str, said: tuple[str, str], other: tuple[str, str]) -> bool:
    return all(one in page for one in said) and not any(one in page for one in other)


@pytest.mark.parametrize("path", PATHS)
def test_a_closed_letter_says_until_when_it_was_open(
    browser: FlaskClient, container: Container, path: str
) -> None:
    set_fact(container, "closes_on", "2026-03-01")
    answer = browser.get(f"/en/eu-china-dialogue{path}")
    assert answer.status_code == (410 if path else 200)
    assert both_said(answer.text, CLOSED, NOT_YET)
    assert 'href="/en/eu-china-dialogue"' in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_letter_that_is_not_open_yet_says_from_when_it_is(
    browser: FlaskClient, container: Container, path: str
) -> None:
    set_fact(container, "opens_on", "2030-01-02")
    answer = browser.get(f"/en/eu-china-dialogue{path}")
    assert answer.status_code == (403 if path else 200)
    assert both_said(answer.text, NOT_YET, CLOSED)


def test_a_frame_says_the_same(browser: FlaskClient, container: Container) -> None:
    set_fact(container, "closes_on", "2026-03-01")
    assert both_said(browser.get(SHOWN_FRAME).text, CLOSED, NOT_YET)
    set_fact(container, "closes_on", "2030-03-01")
    set_fact(container, "opens_on", "2030-01-02")
    assert both_said(browser.get(SHOWN_FRAME).text, NOT_YET, CLOSED)


def test_a_form_that_is_sent_after_the_end_is_answered_with_the_day(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.form()
    set_fact(container, "closes_on", "2026-03-01")
    answer = supporter.post(form)
    assert answer.status_code == 410
    assert both_said(answer.text, CLOSED, NOT_YET)
    assert supporter.count() == 0


def test_the_days_are_written_as_the_language_does(
    browser: FlaskClient, container: Container
) -> None:
    set_fact(container, "closes_on", "2026-03-01")
    assert "1. März 2026" in browser.get("/de/eu-china-dialogue/sign").text


def test_an_open_letter_says_until_when_it_can_be_signed(
    browser: FlaskClient, container: Container
) -> None:
    assert "You can sign it until" not in browser.get("/en/eu-china-dialogue").text
    set_fact(container, "closes_on", "2031-05-31")
    assert "You can sign it until 31 May 2031." in browser.get("/en/eu-china-dialogue").text


@pytest.fixture
def two(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str], tmp_path: Path
) -> Callable[..., FlaskClient]:
    """Give a browser on a site with two letters; the harbour letter has these dates."""

    def make(opens: str, closes: str) -> FlaskClient:
        folder = tmp_path / "both"
        shutil.copytree(HARBOUR, folder / "harbour")
        shutil.copytree(SHIPPED_CAMPAIGNS / "eu-china-dialogue", folder / "shipped")
        facts = folder / "harbour" / "campaign.toml"
        text = re.sub("opens_on = .*", f"opens_on = {opens}", facts.read_text())
        facts.write_text(re.sub("closes_on = .*", f"closes_on = {closes}", text))
        container = make_container(environ | {"CAMPAIGN_CAMPAIGNS": str(folder)})
        return create_app(container).test_client()

    return make


def sections(browser: FlaskClient, path: str = "/en/") -> list[str]:
    """Return the words of each letter in the list, in its order."""
    parts = browser.get(path).text.split('<section class="listed')[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", f"<{part}").split()) for part in parts]


def test_the_front_page_shows_counts_and_dates(
    two: Callable[..., FlaskClient], worker: Worker, transport: MemoryTransport
) -> None:
    browser = two("2001-01-01", "2999-12-31")
    supporter = Supporter(browser, worker, transport, "harbour-quiet")
    supporter.sign(demands=["quiet_nights", "slow_ships"])
    shipped, harbour = sections(browser)
    assert "signed and confirmed" not in shipped, "a small total is not shown"
    assert "until" not in shipped
    assert "1 person has signed and confirmed" in harbour
    assert "You can sign it until 31 December 2999." in harbour


def test_the_front_page_marks_what_is_closed_and_lists_it_last(
    two: Callable[..., FlaskClient],
) -> None:
    first, last = sections(two("2001-01-01", "2002-12-31"))
    assert "example harbour" not in first
    assert "An example harbour should sleep at night" in last
    assert "This letter is closed" in last
    assert "The last day to sign was 31 December 2002." in last
    assert "is closed" not in first


def test_the_front_page_says_when_a_letter_opens(two: Callable[..., FlaskClient]) -> None:
    harbour = sections(two("2998-01-01", "2999-12-31"), "/fr/")[-1]
    assert "1 janvier 2998" in harbour
