"""Naughty strings through the form that signs, on the site and in a frame."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
)
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.signatures.rules.signature import MAX_NAME, MAX_TOWN
from tests.naughty.pages import Page, clean_page
from tests.naughty.strings import (
    REFUSED,
    URLENCODED,
    as_received,
    encoded,
    pack_into_few_texts,
    parts_of,
    stored_form,
)
from tests.supporter import ALL_DEMANDS, Supporter
from tests.web.test_routes import contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container

CLEANED: dict[str, tuple[Callable[[str], str], int]] = {
    "name": (clean_name, MAX_NAME),
    "town": (clean_town, MAX_TOWN),
    "paragraph": (clean_paragraphs, MAX_PARAGRAPH_LENGTH),
    "subject": (clean_line, MAX_SUBJECT_LENGTH),
    "body": (clean_paragraphs, MAX_LETTER_LENGTH),
}
CARRIED = ("email", "comment", "source", "way", "letter_language", "basis", "recipient")
UNSEEN = (
    *("government", "demands", "another", "step", "turn-opening", "send_news"),
    *(f"place-{demand}" for demand in ALL_DEMANDS),
)
"""What has no text of its own on the page: a choice that is none is not made."""


def shape(page: Page) -> tuple[object, Counter[str]]:
    """Return what kind of answer a page is, and how many of each element it has."""
    errors = [given["id"] for _, given in page.elements if given.get("id", "").endswith("-error")]
    kind = (tuple(errors), tuple(sorted(page.fields)))
    return kind, Counter(tag for tag, _ in page.elements)


@pytest.mark.parametrize("where", ["", "/embed"])
def test_each_string_comes_back_in_every_field_and_nothing_is_stored(
    supporter: Supporter, container: Container, strings: tuple[str, ...], where: str
) -> None:
    form = supporter.form(email="no address", subject="A subject", body="A text.", basis="")
    before, shapes = contents(container), dict[object, Counter[str]]()
    together = list(pack_into_few_texts(strings, len(CLEANED) + len(CARRIED) + len(UNSEEN)))
    # In a frame it is the same view: what counts is another page around it.
    texts = together if where else [*sorted(strings, key=lambda text: "<" in text), *together]
    for text in texts:
        for typed in parts_of(text, (*CLEANED, *CARRIED, *UNSEEN)):
            sent = encoded({**form, **typed})
            answer = supporter.browser.post(
                where + supporter.path("/sign"), data=sent, content_type=URLENCODED
            )
            assert answer.status_code == 422, ascii(text)
            page = clean_page(answer.text, [text])
            for name in set(typed) - set(UNSEEN):
                assert came_back(name, text, page), f"{name}: {text!a}"
            kind, elements = shape(page)
            assert shapes.setdefault(kind, elements) == elements, ascii(text)
    assert contents(container) == before


@pytest.mark.parametrize("where", ["", "/embed"])
def test_a_letter_that_cannot_be_kept_comes_back_on_the_preview(
    supporter: Supporter, strings: tuple[str, ...], where: str
) -> None:
    form = supporter.form_after_preview()
    for heap in pack_into_few_texts(strings, 2):
        text = f"{heap} {REFUSED}"
        sent = encoded({**form, "subject": text, "body": text, "step": "send"})
        answer = supporter.browser.post(
            where + supporter.path("/sign"), data=sent, content_type=URLENCODED
        )
        assert answer.status_code == 422, ascii(heap)
        page = clean_page(answer.text, strings)
        for name in ("subject", "body"):
            assert page.fields[name] == [as_received(text)], f"{name}: {heap!a}"


def came_back(name: str, text: str, page: Page) -> bool:
    """Say whether a field has what was typed, or the form in which that is kept."""
    good = {as_received(text)}
    if name in CLEANED:
        clean, most = CLEANED[name]
        good.add(stored_form(clean, text, most))
    return page.fields[name] != [] and set(page.fields[name]) <= good
