"""What is the same for everybody is kept for a second, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from campaign.campaigns.cache import CampaignCache
from campaign.metrics import Metrics
from campaign.web.page_cache import MAX_AGE_SECONDS, PageCache
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.settings import PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from campaign.container import Container

    MakeHouse = Callable[[dict[str, str]], Container]


class Pages:
    """An application whose answers say how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.cache_control = "public, max-age=1"
        self.status = "200 OK"
        self.filling = b""

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked += 1
        headers = [("Content-Type", "text/html"), ("Cache-Control", self.cache_control)]
        start_response(self.status, [*headers, ("ETag", f'W/"{self.asked}"')])
        return [str(self.asked).encode(), self.filling]


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def client(pages: Pages, seconds: Seconds) -> Client:
    return Client(PageCache(pages, Metrics(), seconds))


def test_a_public_answer_is_made_once_a_second(client: Client, seconds: Seconds) -> None:
    assert [client.get("/en/a").text for _ in range(3)] == ["1", "1", "1"]
    seconds.now += MAX_AGE_SECONDS
    assert [client.get("/en/a").text for _ in range(3)] == ["2", "2", "2"]


def test_addresses_and_encodings_are_kept_apart(client: Client, pages: Pages) -> None:
    client.get("/en/a")
    client.get("/en/b")
    client.get("/en/a?source=press")
    client.get("/en/a", headers={"Accept-Encoding": "gzip, br"})
    client.get("/en/a", headers={"Host": "other.example.org"})
    assert pages.asked == 5


@pytest.mark.parametrize("said", ["no-store", "private, max-age=60", ""])
@pytest.mark.asvs("14.2.2")
def test_what_is_not_public_is_never_kept(client: Client, pages: Pages, said: str) -> None:
    pages.cache_control = said
    assert [client.get("/en/a").text for _ in range(3)] == ["1", "2", "3"]


def test_only_reading_is_answered_from_what_is_kept(client: Client, pages: Pages) -> None:
    client.get("/en/a")
    client.post("/en/a")
    client.head("/en/a")
    client.get("/console/a")
    client.get("/console/a")
    assert pages.asked == 5


def test_who_has_the_answer_already_is_told_so_and_the_others_get_it_whole(
    client: Client,
) -> None:
    first = client.get("/en/a", headers={"If-None-Match": 'W/"1"'})
    assert (first.status_code, first.data) == (304, b"")
    assert "Content-Type" not in first.headers
    assert client.get("/en/a").text == "1"
    assert client.get("/en/a", headers={"If-None-Match": 'W/"0"'}).text == "1"


@pytest.mark.parametrize("quiet", [2 * MAX_AGE_SECONDS, 600.0])
def test_after_a_quiet_time_nobody_gets_what_is_old(
    pages: Pages, seconds: Seconds, quiet: float
) -> None:
    meanwhile: list[str] = []

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if pages.asked == 1:
            pages.asked += 1
            meanwhile.append(Client(kept).get("/en/a").text)
        return pages(environ, start_response)

    kept = PageCache(slow, Metrics(), seconds)
    Client(kept).get("/en/a")
    seconds.now += quiet
    Client(kept).get("/en/a")
    assert meanwhile == ["3"]


def test_a_site_that_is_away_shows_no_old_count_for_long(
    client: Client, pages: Pages, seconds: Seconds
) -> None:
    client.get("/en/a")
    pages.status = "503 SERVICE UNAVAILABLE"
    answers = []
    for _ in range(40):
        seconds.now += 0.1
        answers.append(client.get("/en/a").status_code)
    assert answers[:9] == [200] * 9
    assert answers[20:] == [503] * 20


def test_large_answers_do_not_fill_the_memory(pages: Pages, seconds: Seconds) -> None:
    pages.filling = b"x" * 60_000
    kept = PageCache(pages, Metrics(), seconds)
    for number in range(200):
        Client(kept).get(f"/en/a?{number}")
    assert sum(len(one.body) for one in kept._answers.values()) <= 4 * 1024 * 1024


def test_while_one_visitor_waits_for_a_new_answer_the_others_get_the_old_one(
    pages: Pages, seconds: Seconds
) -> None:
    answers: list[str] = []

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if pages.asked == 1:
            pages.asked += 1
            answers.append(Client(kept).get("/en/a").text)
        return pages(environ, start_response)

    kept = PageCache(slow, Metrics(), seconds)
    Client(kept).get("/en/a")
    seconds.now += MAX_AGE_SECONDS
    assert Client(kept).get("/en/a").text == "3"
    assert answers == ["1"]


def test_a_thousand_addresses_do_not_fill_the_memory(pages: Pages, seconds: Seconds) -> None:
    kept = PageCache(pages, Metrics(), seconds)
    for number in range(1000):
        Client(kept).get(f"/en/a?{number}")
    assert len(kept._answers) <= 256


def test_a_busy_site_keeps_the_page_with_the_form_for_everybody(
    make_container: MakeHouse, environ: dict[str, str]
) -> None:
    container = make_container(environ | PRODUCTION)
    client = Client(create_app(container))

    def text(path: str) -> str:
        return client.get(path, base_url="https://letters.example.org").text

    page = text(f"/en/{SLUG}?government=DE")
    assert page == text(f"/en/{SLUG}?government=DE")
    assert 'value="DE" selected' in page
    assert 'value="DE" selected' not in text(f"/en/{SLUG}?government=FR")
    assert 'name="stamp"' in page


def test_a_shelf_that_looks_once_a_second_sees_a_change_a_second_later(
    container: Container,
) -> None:
    seconds = Seconds()
    campaign_cache = CampaignCache(1.0, seconds)
    with container.database.reading() as session:
        first = campaign_cache.by_slug(session, SLUG)
        assert campaign_cache.by_slug(session, SLUG) is first
        campaign_cache._parsed.clear()
        assert campaign_cache.by_slug(session, SLUG) is first
        assert campaign_cache.by_id(session, first.campaign_id).slug == SLUG
        seconds.now += 1.0
        assert campaign_cache.by_slug(session, SLUG) is not first
