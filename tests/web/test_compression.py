"""What is compressed, and what never is."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.helpers.campaign_facts import set_fact

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("path", ["", "?source=partner"])
def test_a_public_page_is_compressed_for_who_takes_it(supporter: Supporter, path: str) -> None:
    plain = supporter.browser.get(supporter.path(path))
    packed = supporter.browser.get(supporter.path(path), headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_compressed_page_answers_304_while_it_is_the_same(
    supporter: Supporter, container: Container
) -> None:
    set_fact(container, "show_count_from", 0)
    first = supporter.browser.get(supporter.path(), headers=GZIP)
    assert first.headers["ETag"].startswith("W/")
    unchanged = GZIP | {"If-None-Match": first.headers["ETag"]}
    same = supporter.browser.get(supporter.path(), headers=unchanged)
    assert same.status_code == 304
    assert same.headers["ETag"] == first.headers["ETag"]
    assert "Accept-Encoding" in same.headers["Vary"]
    supporter.sign()
    assert supporter.browser.get(supporter.path(), headers=unchanged).status_code == 200


def test_what_is_somebodys_own_is_never_compressed(supporter: Supporter) -> None:
    private = supporter.sign()
    for path in (supporter.path("/sign"), private, private.replace("/private/", "/done/")):
        assert "Content-Encoding" not in supporter.browser.get(path, headers=GZIP).headers


def test_static_files_are_compressed_and_pictures_are_not(supporter: Supporter) -> None:
    sheet = supporter.browser.get("/static/site.css", headers=GZIP, buffered=True)
    assert sheet.headers["Content-Encoding"] == "gzip"
    assert b".button" in gzip.decompress(sheet.data)
    card = supporter.browser.get(supporter.path("/card.png"), headers=GZIP)
    assert "Content-Encoding" not in card.headers
