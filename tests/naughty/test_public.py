"""Naughty strings through every other form of the public site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.rules.letter import MAX_LETTER_LENGTH, MAX_SUBJECT_LENGTH
from campaign.container import build_container
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.recipients.rules.wish import MAX_PLACE
from campaign.settings.load import load_settings
from campaign.signatures.rules.signature import MAX_NAME, MAX_TOWN
from campaign.signing.report_contact import MAX_REPORT
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.naughty.pages import Page, clean_page
from tests.naughty.strings import (
    PARSEABLE,
    REFUSED,
    URLENCODED,
    as_received,
    encoded,
    pack_into_few_texts,
    pack_into_fields,
    pack_into_forms,
    stored_form,
)
from tests.naughty.test_signing import CARRIED, CLEANED
from tests.web.test_routes import addresses, contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.supporter import Supporter

    Cleaned = dict[str, tuple[Callable[[str], str], int]]

OWN = "/<lang>/<slug>/private/<token>"
TEXTS: dict[str, Cleaned] = {
    f"{OWN}/correct": {"name": (clean_name, MAX_NAME), "town": (clean_town, MAX_TOWN)},
    f"{OWN}/letter": {
        "subject": (clean_line, MAX_SUBJECT_LENGTH),
        "body": (clean_paragraphs, MAX_LETTER_LENGTH),
    },
    f"{OWN}/report": {"report": (clean_paragraphs, MAX_REPORT)},
    f"{OWN}/pdf": {"postal": (clean_paragraphs, 0)},
}
"""The forms with texts, and what each keeps; a postal address is printed and not kept."""

CHOICES = {
    "/<lang>/<slug>/check/<token>": "code",
    "/<lang>/<slug>/check/<token>/address": "email",
    "/embed/<lang>/<slug>/check/<token>/address": "email",
    f"{OWN}/download": "as",
    "/ministry/<lang>/clerk/<token>": "wish",
}
BUTTONS = [
    "/<lang>/<slug>/check/<token>/again",
    "/embed/<lang>/<slug>/check/<token>/again",
    "/<lang>/<slug>/confirm/<token>",
    "/ministry/<lang>/<any(digest, objection):wish>/<token>",
    "/ministry/<lang>/preference/<token>",
    f"{OWN}/fresh",
    f"{OWN}/sent",
    f"{OWN}/draft",
    f"{OWN}/write",
    "/<lang>/<slug>/unsubscribe/<token>",
    "/<lang>/<slug>/stop/<token>",
    f"{OWN}/withdraw",
    f"{OWN}/delete",
]
"""Forms that are one button, and bring nothing that is read; in the order of what they end."""

SIGNING = {"/<lang>/<slug>/sign", "/embed/<lang>/<slug>/sign"}


def post(supporter: Supporter, path: str, fields: dict[str, str]) -> TestResponse:
    return supporter.browser.post(path, data=encoded(fields), content_type=URLENCODED)


def test_every_form_of_the_public_site_stands_in_these_lists(app: Flask) -> None:
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/console")
    }
    assert rules == SIGNING | set(TEXTS) | set(CHOICES) | set(BUTTONS)


@pytest.fixture
def private(supporter: Supporter) -> str:
    """Give the private page of somebody who prints her letter, so that every form is on it."""
    return supporter.sign(way="print")


def test_what_is_refused_comes_back_and_nothing_is_stored(
    supporter: Supporter, container: Container, strings: tuple[str, ...], private: str
) -> None:
    before = contents(container)
    for rule, cleaned in TEXTS.items():
        for heap in pack_into_few_texts(strings, len(cleaned)):
            text = f"{heap} {REFUSED}"
            answer = post(supporter, rule.replace(OWN, private), dict.fromkeys(cleaned, text))
            assert answer.status_code == 422, f"{rule}: {heap!a}"
            page = clean_page(answer.text, strings)
            for name in cleaned:
                assert text_of(page, name) == stored_form(str, text, 10**6), (
                    f"{rule} {name}: {heap!a}"
                )
    assert contents(container) == before


def text_of(page: Page, name: str) -> str:
    (text,) = page.fields[name]
    return text


def test_what_is_taken_is_shown_as_it_is_kept(
    supporter: Supporter, strings: tuple[str, ...]
) -> None:
    private = supporter.sign(way="own_mail")
    for rule in (f"{OWN}/correct", f"{OWN}/letter"):
        cleaned = TEXTS[rule]
        bound = {name: pack_into_fields(strings, *how) for name, how in cleaned.items()}
        for number in range(max(map(len, bound.values()))):
            typed = {name: bound[name][number % len(bound[name])] for name in cleaned}
            answer = post(supporter, rule.replace(OWN, private), typed)
            assert answer.status_code == 303, f"{rule}: {typed!a}"
            if number % 16 == 0:
                page = clean_page(supporter.browser.get(private).text, typed.values())
                for name, how in cleaned.items():
                    assert text_of(page, name) == stored_form(how[0], typed[name], how[1]), ascii(
                        typed
                    )
        for form in ("text", "json"):
            file = post(supporter, f"{private}/download", {"as": form})
            assert file.status_code == 200


def test_what_is_reported_of_a_contact_is_taken(
    supporter: Supporter, strings: tuple[str, ...], private: str
) -> None:
    clean, most = TEXTS[f"{OWN}/report"]["report"]
    for sheaf in pack_into_fields(strings, clean, most, "\n"):
        answer = post(supporter, f"{private}/report", {"report": sheaf})
        assert answer.status_code == 303, ascii(sheaf)


def test_an_address_on_paper_is_printed_or_refused_with_a_reason(
    supporter: Supporter, strings: tuple[str, ...], private: str
) -> None:
    bound = pack_into_fields(strings, clean_line, 60)
    sheets = ["\n".join(bound[start : start + 6]) for start in range(0, len(bound), 6)]
    for sheet in sheets[:: len(sheets) // 8 or 1]:
        answer = post(supporter, f"{private}/pdf", {"postal": sheet})
        assert answer.status_code in {200, 422}, ascii(sheet)
        if answer.status_code == 422:
            assert text_of(clean_page(answer.text, [sheet]), "postal") == as_received(sheet)
        else:
            assert answer.data.startswith(b"%PDF-"), ascii(sheet)


def test_a_code_or_a_choice_that_is_none_is_no_fault(
    app: Flask, supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    paths = forms(app, supporter, container)
    before = contents(container)
    for rule, name in CHOICES.items():
        for text in [*PARSEABLE, *pack_into_few_texts(strings, 1)]:
            answer = post(supporter, paths[rule], {name: text})
            assert answer.status_code in {200, 404, 422}, f"{rule}: {text!a}"
            if answer.mimetype == "text/html":
                clean_page(answer.text, [text])
    # Tries of a code are counted, and nothing else.
    assert {name for name, rows in contents(container).items() if rows != before[name]} <= {
        "signatures"
    }


def test_what_staff_types_is_asked_for_or_refused_with_a_reason(
    app: Flask, supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    path = forms(app, supporter, container)["/ministry/<lang>/clerk/<token>"]
    for text in [*PARSEABLE, REFUSED, *pack_into_fields(strings, clean_line, MAX_PLACE)]:
        for wish in ("address", "pause"):
            typed = {"wish": wish, "place": text, "days": text}
            answer = post(supporter, path, typed)
            assert answer.status_code in {200, 422}, f"{wish}: {text!a}"
            page = clean_page(answer.text, [text])
            if answer.status_code == 422:
                assert text_of(page, "place") == stored_form(str, text, 10**6), ascii(text)
    supporter.deliver()


def test_a_button_brings_what_nobody_reads(
    app: Flask, supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    paths = forms(app, supporter, container)
    before = repr(contents(container))
    for rule in BUTTONS:
        for load in pack_into_forms(strings):
            answer = post(supporter, paths[rule], load)
            assert answer.status_code in {200, 303, 404, 409}, rule
            clean_page(answer.text, strings)
    stored = repr(contents(container))
    assert not [text for text in strings if text in stored and text not in before]


def test_what_is_typed_for_a_letter_written_later_comes_back_clean(
    supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    private = supporter.sign(choice="sign", government="IE")
    before = contents(container)
    fields = ["subject", "body", "paragraph", "town"]
    for heap in pack_into_few_texts(strings, len(fields)):
        typed = dict.fromkeys(fields, f"{heap} {REFUSED}") | {"step": "send"}
        answer = post(supporter, f"{private}/write", typed)
        assert answer.status_code == 422, ascii(heap)
        clean_page(answer.text, strings)
    assert contents(container) == before


def forms(app: Flask, supporter: Supporter, container: Container) -> dict[str, str]:
    """Return an address for every form, with a good token in it."""
    paths = addresses(app, supporter, container, "POST")
    match = app.url_map.bind("localhost").match
    return {match(path, "POST", return_rule=True)[0].rule: path for path in paths}


def test_a_form_that_no_database_took_is_offered_again_as_it_was_typed(
    environ: dict[str, str], strings: tuple[str, ...]
) -> None:
    away = environ | {"CAMPAIGN_DATABASE_URL": "sqlite:////proc/nowhere"}
    browser = create_app(build_container(load_settings(away))).test_client()
    for load in [*pack_into_forms(strings), dict.fromkeys([*CLEANED, *CARRIED], "two\nlines\n")]:
        answer = browser.post(f"/en/{SLUG}/sign", data=encoded(load), content_type=URLENCODED)
        assert answer.status_code == 503
        page = clean_page(answer.text, load)
        for name, text in load.items():
            assert stored_form(str, text, 10**6) in page.fields[stored_form(str, name, 10**6)], (
                ascii(name)
            )
