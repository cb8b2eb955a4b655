"""A draft is seen as supporters and offices would see it, before it is published or even saved."""

from __future__ import annotations

import re
from base64 import b64decode
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from campaign.campaigns.console.preview import MAIL_NAMES, render_draft_page
from campaign.delivery.rows import OutgoingRow
from campaign.organisers.rules.roles import Role
from campaign.signatures.rows import SignatureRow
from campaign.web.context import PageContext
from campaign.web_app import create_app
from tests.helpers.studio import DEMANDS, HARBOURS, LETTER, RIVERS, base_of, draft_of, values_of
from tests.organiser import (
    CONSOLE_PATH,
    Organiser,
    sign_in_organiser,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container

pytestmark = pytest.mark.usefixtures("rivers")


PREVIEW = f"{RIVERS}/draft/preview"


def asked(show: str, **about: str) -> dict[str, str]:
    return {f"preview-{name}": value for name, value in {"show": show, **about}.items()}


def preview(owner: Organiser, show: str, path: str = PREVIEW, **about: str) -> TestResponse:
    return owner.browser.get(path, query_string=asked(show, **about))


def sheets(page: TestResponse) -> list[str]:
    return [unescape(one) for one in re.findall(r"<pre>(.*?)</pre>", page.text, re.DOTALL)]


def frames(page: TestResponse) -> list[str]:
    return [unescape(one) for one in re.findall(r'srcdoc="([^"]*)"', page.text)]


def test_the_page_of_a_draft_that_nobody_published_is_shown_for_phone_and_desk(
    owner: Organiser, app: Flask
) -> None:
    phone, desk = frames(preview(owner, "page"))
    assert phone == desk
    assert "<h1>Let our rivers run clean</h1>" in phone
    assert "Stop the dumping of waste into rivers." in phone
    assert app.test_client().get("/en/clean-rivers").status_code == 404


def test_what_stands_in_a_form_is_shown_and_not_saved(
    owner: Organiser, container: Container
) -> None:
    before = draft_of(container, "clean-rivers")
    typed = {**values_of(owner.get(LETTER)), "title": "Unsaved <b>title</b> & more"}
    shown = owner.post(PREVIEW, **typed, **asked("page", step="letter"))
    assert "Unsaved" not in "".join(frames(shown))
    assert "has HTML or script in it" in shown.text
    typed["title"] = "An unsaved title & more"
    shown = owner.post(PREVIEW, **typed, **asked("page", step="letter"))
    assert "<h1>An unsaved title &amp; more</h1>" in frames(shown)[0]
    again = owner.post(PREVIEW, **values_of(shown), **{"preview-show": "letter"})
    assert "An unsaved title & more" in sheets(again)[0]
    assert draft_of(container, "clean-rivers") == before
    assert base_of(owner.get(LETTER)) == typed["base"]


def test_a_demand_that_is_not_added_yet_is_shown(owner: Organiser) -> None:
    new = {"heading-NEW": "Plant trees", "text-NEW": "Plant trees along rivers.", "act": ""}
    typed = {**values_of(owner.get(DEMANDS)), **new}
    shown = owner.post(PREVIEW, **typed, **asked("page", step="demands"))
    assert "Plant trees along rivers." in frames(shown)[0]


def test_a_script_gets_the_page_alone(owner: Organiser) -> None:
    typed = {**values_of(owner.get(LETTER)), "title": "Another title"}
    shown = owner.post(PREVIEW, **typed, **asked("page", step="letter", bare="yes"))
    assert "<h1>Another title</h1>" in shown.text
    assert "Sign out" not in shown.text


def test_a_letter_is_shown_for_an_office_a_language_and_a_supporter(owner: Organiser) -> None:
    path = f"{CONSOLE_PATH}/draft/preview"
    about = {
        "language": "de",
        "recipient": "AT/foreign-affairs",
        "name": "Tilda Beispiel",
        "town": "Musterstadt",
        "paragraph": "Das ist mir wichtig.",
    }
    (letter,) = sheets(preview(owner, "letter", path, **about))
    assert "österreichische Bundesregierung" in letter or "österreichischen" in letter
    assert "Das ist mir wichtig." in letter
    assert "Tilda Beispiel\nMusterstadt" in letter
    letters = {
        sheets(preview(owner, "letter", path, number=str(number), **about))[0]
        for number in range(8)
    }
    assert len(letters) > 4
    printed = preview(owner, "pdf", path, **about)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(printed.data)).pages)
    assert "Tilda Beispiel" in text
    assert "Das ist mir wichtig." in text


def test_another_of_the_letters_comes_with_a_button(owner: Organiser) -> None:
    page = preview(owner, "letter", f"{CONSOLE_PATH}/draft/preview")
    seen = {sheets(page)[0]}
    for _ in range(6):
        fields = {**values_of(page), "preview-another": "yes"}
        page = owner.post(f"{CONSOLE_PATH}/draft/preview", **fields)
        seen.add(sheets(page)[0])
    assert len(seen) > 3


def test_every_mail_to_supporters_is_shown_in_every_language(owner: Organiser) -> None:
    path = f"{CONSOLE_PATH}/draft/preview"
    page = preview(owner, "mails", path)
    languages = re.findall(r'<option (?:selected )?value="([a-z]{2})"', page.text)
    assert len(languages) == 24
    for language in languages:
        mails = sheets(preview(owner, "mails", path, language=language))
        assert len(mails) == len(MAIL_NAMES), language
        assert all("http://localhost/" in mail for mail in mails), language


def test_the_share_image_is_shown(owner: Organiser) -> None:
    shown = preview(owner, "image")
    found = re.search(r"data:image/png;base64,([^\"]+)", shown.text)
    assert found
    assert b64decode(found[1]).startswith(b"\x89PNG")
    assert "img-src 'self' data:" in shown.headers["Content-Security-Policy"]


def test_looking_leaves_nothing_behind(owner: Organiser, container: Container) -> None:
    def rows() -> list[int | None]:
        with container.database.reading() as session:
            return [
                session.scalar(select(func.count()).select_from(one))
                for one in (SignatureRow, OutgoingRow)
            ]

    before = rows()
    for show in ("page", "letter", "mails", "image", "pdf"):
        assert preview(owner, show).status_code == 200
    assert rows() == before


def test_an_unfinished_language_says_what_it_lacks_and_the_others_are_shown(
    owner: Organiser,
) -> None:
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    lacking = preview(owner, "page", language="de")
    assert lacking.status_code == 422
    assert f'href="{RIVERS}/draft/words/de#title"' in lacking.text
    assert frames(preview(owner, "page", language="en"))


def test_a_translator_sees_what_she_is_writing(container: Container, app: Flask) -> None:
    tara = sign_in_organiser(container, app, Role.TRANSLATOR, slugs=["harbour-quiet"])
    words = f"{HARBOURS}/draft/words/fr"
    typed = {**values_of(tara.get(words)), "title": "A title in the making"}
    shown = tara.post(f"{HARBOURS}/draft/preview", **typed, **asked("page", step="words.fr"))
    assert shown.status_code == 200, shown.text
    assert "<h1>A title in the making</h1>" in frames(shown)[0]


@pytest.mark.parametrize(
    "about",
    [
        {"show": "nothing"},
        {"language": "xx"},
        {"recipient": "../../etc"},
        {"step": "words.xx"},
        {"step": "__class__"},
        {"number": "-1"},
        {"name": "A\u202eB", "paragraph": "x" * 9_999},
    ],
)
def test_strange_wishes_show_the_usual(owner: Organiser, about: dict[str, str]) -> None:
    assert preview(owner, **{"show": "letter", **about}).status_code == 200
    assert owner.post(PREVIEW, **asked(**{"show": "letter", **about})).status_code == 200


@pytest.mark.parametrize("office", ["environment", "justice", "economy"])
def test_a_letter_to_an_office_that_only_some_governments_have_is_shown(
    owner: Organiser, office: str
) -> None:
    recipients = f"{RIVERS}/draft/recipients"
    typed = {**values_of(owner.get(recipients)), "office1": office}
    for show in ("letter", "mails"):
        shown = owner.post(PREVIEW, **typed, **asked(show, step="recipients"))
        assert shown.status_code == 200, shown.text
        assert sheets(shown)


def test_a_page_is_rendered_under_the_sites_own_address(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> None:
    container = make_container(environ | {"CAMPAIGN_BASE_URL": "https://letters.example.org"})
    app = create_app(container)
    with app.app_context(), container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, "harbour-quiet")
        page = PageContext(loaded, container.languages["en"], container.clock())
        assert "<h1>" in render_draft_page(session, page)
