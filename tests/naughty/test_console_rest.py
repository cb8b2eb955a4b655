"""Naughty strings through the console's searches, its tables of choices, and what is one button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.organisers.rows import OrganiserRow
from campaign.store.ids import uuid7
from tests.console.test_routes import routes
from tests.helpers.news import make_draft
from tests.helpers.signatures import add_confirmed
from tests.naughty.console import FORMS, recipient
from tests.naughty.pages import clean_page
from tests.naughty.strings import (
    PARSEABLE,
    as_received,
    is_special,
    pack_into_few_texts,
    pack_into_forms,
    parts_of,
)
from tests.naughty.test_console import post
from tests.organiser import CONSOLE_PATH, Organiser, sign_in_organiser

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container

SEARCHES = {
    "/console/c/<slug>/draft/preview": (
        "preview-step",
        "preview-language",
        "preview-recipient",
        "preview-name",
        "preview-town",
        "preview-paragraph",
        "title",
    ),
    "/console/c/<slug>/signatures/find": ("email", "name"),
    "/console/c/<slug>/signatures/rules/preview": (
        "source",
        "created_from",
        "created_until",
    ),
    "/console/c/<slug>/export/counts": (
        "government",
        "language",
        "revision",
        "origin",
        "source",
        "first",
    ),
    "/console/recipients/<recipient:key>/pace": ("per_hour", "per_day", "opens", "closes", "zone"),
}
"""What is not kept but looked for or set, and stands in its field again."""

SECRETS = {
    "/console/sign-in",
    "/console/welcome/<token>/password",
    "/console/welcome/<token>/code",
    "/console/account/password",
    "/console/account/second-step",
    "/console/account/second-step/code",
}
BUTTONS = {
    "/console/sign-in/direct/<token>": (),
    "/console/account/sessions/<uuid:session_id>/end": (),
    "/console/account/recovery-codes": (),
    "/console/account/notices": ("notices",),
    "/console/recipients/<recipient:key>/digest": ("on", "seen"),
    "/console/recipients/<recipient:key>/resume": ("seen",),
    "/console/c/<slug>/export/letters": ("format", "state", "government", "answered"),
    "/console/c/<slug>/exports/letters": ("state", "government"),
    "/console/c/<slug>/exports/<uuid:job_id>/posted": (),
    "/console/c/<slug>/exports/<uuid:job_id>/file": (),
    "/console/c/<slug>/exports/<uuid:job_id>/cancel": (),
    "/console/c/<slug>/letters/<uuid:letter_id>/message": (),
    "/console/c/<slug>/letters/<uuid:letter_id>/print": (),
    "/console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>": (),
    "/console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/pass-on": (),
    "/console/c/<slug>/letters/<uuid:letter_id>/answers/<uuid:inbound_id>/set-aside": (),
    "/console/messages/<uuid:inbound_id>/file": ("number", "campaign"),
    "/console/messages/<uuid:inbound_id>/forget": (),
    "/console/messages/<uuid:inbound_id>/source": (),
    "/console/c/<slug>/news/<uuid:news_id>/test": ("language",),
    "/console/c/<slug>/news/<uuid:news_id>/send": ("sure", "shown", "seen"),
    "/console/c/<slug>/news/<uuid:news_id>/stop": (),
    "/console/people/<uuid:organiser_id>/site-owner": ("on",),
    "/console/campaigns/new/blank": ("name", "slug", "language", "author"),
    "/console/campaigns/new/copy": ("source", "name", "slug"),
    "/console/campaigns/new/upload": ("slug", "bundle"),
    "/console/c/<slug>/draft/recipients": ("base", "union", "office1", "office2", "office3", "to"),
    "/console/c/<slug>/draft/languages/add": ("base", "language"),
    "/console/c/<slug>/draft/languages/<language>/remove": ("base",),
    "/console/c/<slug>/draft/languages/<language>/reviewed": ("base",),
    "/console/c/<slug>/draft/words/<language>": ("base", "title", "demands.report.text"),
    "/console/c/<slug>/draft/variants": ("base", "act", "voice", "openings.NEW", "closings.NEW"),
    "/console/c/<slug>/draft/history/<int(max=999999999):number>/restore": (),
    "/console/c/<slug>/draft/versions/<int(max=999999999):number>/download": (),
    "/console/c/<slug>/publication/publish": ("version", "change", "reason", "replace"),
    "/console/c/<slug>/publication/schedule": ("version", "change", "reason", "replace", "at"),
    "/console/c/<slug>/publication/approve": ("shown",),
    "/console/c/<slug>/publication/cancel": (),
    "/console/c/<slug>/rehearsal/start": ("version",),
    "/console/c/<slug>/rehearsal/end": (),
    "/console/c/<slug>/rehearsal/read": ("version",),
    "/console/c/<slug>/publication/back": ("revision", "reason"),
    "/console/c/<slug>/publication/unpublish": ("reason",),
    "/console/c/<slug>/publication/delete": ("reason",),
    "/console/c/<slug>/team/add": ("email", "role", "languages"),
    "/console/c/<slug>/team/<uuid:organiser_id>/role": ("role", "languages"),
    "/console/c/<slug>/team/<uuid:organiser_id>/remove": (),
    "/console/c/<slug>/team/<uuid:organiser_id>/hand-over": (),
    "/console/people/<uuid:organiser_id>/end": (),
    "/console/sign-out": (),
}
"""Forms without a text, and the choices that they bring."""


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app)


def test_every_form_of_the_console_stands_in_these_lists(app: Flask) -> None:
    posted = {route.removeprefix("POST ") for route in routes(app) if route.startswith("POST")}
    assert posted == {form.rule for form in FORMS} | set(SEARCHES) | SECRETS | set(BUTTONS)


def test_what_is_looked_for_stands_in_its_field_again(
    container: Container, app: Flask, owner: Organiser, strings: tuple[str, ...]
) -> None:
    paths = addresses(app, container)
    add_confirmed(container, 1)
    texts = [text for text in strings if is_special(text) or text in PARSEABLE]
    texts += pack_into_few_texts(strings, 6)
    for rule, names in SEARCHES.items():
        needed = {"kind": "invalidate"} | recipient(container, "pace")[1]
        for typed in (part for text in texts for part in parts_of(text, names)):
            answer = post(owner, paths[rule], {**needed, **typed})
            assert answer.status_code in {200, 303, 422}, f"{rule}: {typed!a}"
            if answer.status_code == 422:
                page = clean_page(answer.text, typed.values())
                for name, text in typed.items():
                    shown = {value.strip() for value in page.fields[name]}
                    assert as_received(text).strip() in shown, f"{rule} {name}: {text!a}"


def test_what_is_no_choice_is_no_fault(
    container: Container, app: Flask, owner: Organiser, strings: tuple[str, ...]
) -> None:
    paths = addresses(app, container)
    for rule, names in BUTTONS.items():
        for text in [*PARSEABLE, *pack_into_few_texts(strings, len(names))] if names else ():
            answer = post(owner, paths[rule], dict.fromkeys(names, text))
            assert answer.status_code < 500, f"{rule}: {text!a}"
            if answer.mimetype == "text/html":
                clean_page(answer.text, [text])


def test_a_form_with_everything_in_it_is_no_fault(
    container: Container, app: Flask, strings: tuple[str, ...]
) -> None:
    paths = addresses(app, container)
    for rule in [*SEARCHES, *BUTTONS]:
        owner = sign_in_organiser(container, app)
        for load in pack_into_forms(strings):
            answer = post(owner, paths[rule], load)
            assert answer.status_code < 500, rule


def test_a_form_that_was_not_acted_on_is_offered_again_as_it_was_typed(
    owner: Organiser, app: Flask, strings: tuple[str, ...]
) -> None:
    for load in pack_into_forms(strings):
        for browser, prefix in ((owner.browser, ""), (app.test_client(), "carried.")):
            lost = Organiser(owner.container, browser, owner.organiser_id)
            answer = post(lost, f"{CONSOLE_PATH}/attack/begin", {**load, "csrf_token": "none"})
            page = clean_page(answer.text, strings)
            for name, text in load.items():
                assert as_received(text) in page.fields[prefix + as_received(name)], ascii(text)


def addresses(app: Flask, container: Container) -> dict[str, str]:
    """Return an address for every form, of what is there as far as it can be."""
    (letter,) = add_confirmed(container, 1)
    news = make_draft(container)
    with container.database.reading() as session:
        organiser = session.scalars(select(OrganiserRow.id)).first() or uuid7(container.clock())
    there = {"/letters/": letter, "/news/": news, "/people/": organiser}
    found = {}
    for route, path in routes(app).items():
        part = next((part for part in there if part in path and "<uuid" in route), "")
        head, _, tail = path.partition(part) if part else (path, "", "")
        rest = tail.partition("/")[2]
        found[route.removeprefix("POST ")] = f"{head}{part}{there[part]}/{rest}" if part else path
    return found
