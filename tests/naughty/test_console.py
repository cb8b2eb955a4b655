"""Naughty strings through the forms of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.console.test_routes import routes
from tests.naughty.console import FORMS, Form
from tests.naughty.pages import clean_page
from tests.naughty.strings import (
    PARSEABLE,
    REFUSED,
    URLENCODED,
    as_received,
    encoded,
    pack_into_few_texts,
    pack_into_fields,
)
from tests.organiser import Organiser, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


def post(owner: Organiser, path: str, fields: dict[str, str]) -> TestResponse:
    sent = encoded({"csrf_token": owner.form(), **fields})
    return owner.browser.post(path, data=sent, content_type=URLENCODED)


def test_what_is_refused_comes_back_as_it_was_typed(
    container: Container, owner: Organiser, strings: tuple[str, ...]
) -> None:
    for form in FORMS:
        path, needed = form.make(container)
        for heap in pack_into_few_texts(strings, len(form.texts)):
            text = f"{heap} {REFUSED}"
            answer = post(owner, path, {**needed, **dict.fromkeys(form.texts, text)})
            assert answer.status_code == 422, f"{form.rule}: {heap!a}"
            page = clean_page(answer.text, strings)
            for name in form.texts:
                assert as_received(text) in page.fields[name], f"{form.rule} {name}: {heap!a}"


def test_one_character_too_many_is_refused_in_every_text(
    container: Container, owner: Organiser
) -> None:
    for form in FORMS:
        path, needed = form.make(container)
        for name, (_, most) in form.texts.items():
            typed = {**dict.fromkeys(form.texts, "Some words"), name: "x" * (most + 1)}
            answer = post(owner, path, {**needed, **typed})
            assert answer.status_code == 422, f"{form.rule}: {name}"
            assert typed[name] in clean_page(answer.text).fields[name], f"{form.rule}: {name}"


def test_what_is_taken_is_text_wherever_it_is_shown(
    container: Container, app: Flask, owner: Organiser, strings: tuple[str, ...]
) -> None:
    for number_of_form, form in enumerate(FORMS):
        bound = {name: pack_into_fields(strings, *how) for name, how in form.texts.items()}
        # Every fourth sheaf, in turn: as many forms keep a text in the same way.
        for number in range(number_of_form % 4, max(map(len, bound.values())), 4):
            path, needed = form.make(container)
            typed = {name: texts[number % len(texts)] for name, texts in bound.items()}
            answer = post(owner, path, {**needed, **typed})
            assert answer.status_code == form.taken, f"{form.rule}: {typed!a}"
    for path in [*pages(app), *older_entries(owner)]:
        clean_page(owner.get(path).text, strings)


def pages(app: Flask) -> list[str]:
    return [path for route, path in routes(app).items() if route.startswith("GET /console/")]


def older_entries(owner: Organiser) -> list[str]:
    """Return an address for every page of the log."""
    found = ["/console/log"]
    while True:
        page = clean_page(owner.get(found[-1]).text)
        links = [given.get("href", "") for _, given in page.elements]
        older = next((link for link in links if "before=" in link), "")
        if not older:
            return found
        found.append(older)


def test_a_choice_that_is_none_is_no_fault(
    container: Container, owner: Organiser, strings: tuple[str, ...]
) -> None:
    for form in FORMS:
        path, needed = form.make(container)
        reason = dict.fromkeys(form.texts, "A reason")
        for typed in odd_choices(form, strings):
            answer = post(owner, path, {**needed, **reason, **typed})
            assert answer.status_code < 500, f"{form.rule}: {typed!a}"


def odd_choices(form: Form, strings: tuple[str, ...]) -> list[dict[str, str]]:
    """Return all strings in each field by itself, and what may be a number in all at once."""
    if not form.choices:
        return []
    one_by_one = [{name: heap} for heap in pack_into_few_texts(strings, 1) for name in form.choices]
    return one_by_one + [dict.fromkeys(form.choices, text) for text in PARSEABLE if text in strings]
