"""docs/asvs.md says what the markers of the tests and the list of requirements say."""

from __future__ import annotations

import re
from collections import Counter

from campaign.settings.settings import BASE_DIR
from tests.asvs.page import CHAPTERS, PAGE, written
from tests.asvs.reading import BY_CONSTRUCTION, NOT_APPLICABLE, OPEN, marked, proofs, requirements

WANTED = requirements()
PROVED = {proof.requirement for proof in proofs()}

MARKED = """
@pytest.mark.asvs("1.2.4", "8.2.1")
@pytest.mark.parametrize("path", ["/"])
def test_a(path: str) -> None: ...

@pytest.mark.usefixtures("three")
@pytest.mark.asvs("1.2.4")
def test_b() -> None: ...

def test_c() -> None: ...
"""


def test_the_page_is_what_the_markers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run: python -m tests.asvs"


def test_markers_are_read_beside_other_ones() -> None:
    assert marked(MARKED) == [("test_a", "1.2.4"), ("test_a", "8.2.1"), ("test_b", "1.2.4")]


def test_every_item_of_both_levels_is_there_once() -> None:
    assert Counter(item.level for item in WANTED) == {1: 70, 2: 183}
    assert len({item.id for item in WANTED}) == len(WANTED)
    assert {item.chapter for item in WANTED} == set(range(1, len(CHAPTERS) + 1))
    ids = [tuple(map(int, item.id.split("."))) for item in WANTED]
    assert ids == sorted(ids)


def test_every_marker_names_an_item_that_exists() -> None:
    assert PROVED - {item.id for item in WANTED} == set()


def test_each_item_of_level_1_has_a_test_or_a_reason_and_not_both() -> None:
    both_or_none = [
        item.id for item in WANTED if item.level == 1 and (item.id in PROVED) == bool(item.reason)
    ]
    assert both_or_none == []
    assert [item.id for item in WANTED if item.level == 2 and item.reason] == []


def test_a_reason_says_of_which_kind_it_is_and_names_files_that_exist() -> None:
    for item in WANTED:
        if item.reason:
            assert item.reason.startswith((NOT_APPLICABLE, BY_CONSTRUCTION, OPEN)), item.id
        if item.reason.startswith(BY_CONSTRUCTION):
            assert ", see " in item.reason, item.id
        for named in re.findall(r"\b(?:campaign|deploy|docs|templates)/[\w./-]+", item.reason):
            assert (BASE_DIR / named).is_file(), f"{item.id}: {named}"


def test_items_are_told_in_a_few_words() -> None:
    assert [item.id for item in WANTED if not 0 < len(item.about.split()) < 20] == []
