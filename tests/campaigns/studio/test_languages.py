"""A draft is translated: what is missing, what is older than its source, who has read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.bundle_document import BundleDocument
from campaign.organisers.rules.roles import Role
from campaign.web.security import MAX_FORM_PARTS
from tests.campaigns.bundle_editing import HARBOUR
from tests.campaigns.test_bundle_archive import texts_in
from tests.helpers.studio import (
    GERMAN,
    HARBOURS,
    LETTER,
    RIVERS,
    add_german,
    base_of,
    draft_of,
    publish,
    save,
    typed,
    upload,
    values_of,
)
from tests.organiser import (
    Organiser,
    onboard_organiser,
    path_of,
    sign_in_organiser,
)

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container

pytestmark = pytest.mark.usefixtures("rivers")


OLDER = "The English text changed after this one."


def test_a_language_is_added_translated_and_published(
    owner: Organiser, browser: FlaskClient
) -> None:
    publish(owner, RIVERS)
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    added = owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    assert path_of(added) == f"{RIVERS}/draft/words/de"
    assert "6 texts are missing" in owner.get(f"{RIVERS}/draft/languages").text
    blocked = owner.get(f"{RIVERS}/publication").text
    assert "It cannot be published yet." in blocked
    assert f'href="{RIVERS}/draft/words/de#title">German, Title</a> is missing' in blocked
    texts = {
        "name": "Saubere Flüsse",
        "title": "Lasst unsere Flüsse sauber",
        "summary": "Der Example River Trust bittet um saubere Flüsse.",
        "demands.stop_dumping.heading": "Nichts kippen",
        "demands.stop_dumping.text": "Kippen Sie keinen Müll in Flüsse.",
        "demands.measure.heading": "Messen",
        "demands.measure.text": "Messen Sie jeden Monat die Güte des Wassers.",
    }
    save(owner, f"{RIVERS}/draft/words/de", **texts)
    assert "complete" in owner.get(f"{RIVERS}/draft/languages").text
    assert browser.get("/de/clean-rivers").status_code == 302
    unstated = publish(owner, RIVERS)
    assert unstated.status_code == 422
    assert "Say what changes" in unstated.text
    publish(owner, RIVERS, change="translation", reason="German is new.")
    assert "Lasst unsere Flüsse sauber" in browser.get("/de/clean-rivers").text
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/de/remove", base=base)
    assert "German" not in owner.get(f"{RIVERS}/draft/languages").text.partition("<h2>")[0]


def test_a_translator_writes_in_her_own_languages_only(
    owner: Organiser, container: Container, app: Flask
) -> None:
    for language in ("de", "fr"):
        base = base_of(owner.get(f"{RIVERS}/draft/languages"))
        owner.post(f"{RIVERS}/draft/languages/add", base=base, language=language)
    owner.post(
        "/console/people/invite",
        name="Tara Example",
        email="tara@example.org",
        role="translator",
        campaign="clean-rivers",
        languages=["fr"],
    )
    tara = sign_in_organiser(container, app, Role.TRANSLATOR, "Tara Example")
    for language, status in (("fr", 200), ("de", 403), ("en", 403), ("el", 404)):
        assert tara.get(f"{RIVERS}/draft/words/{language}").status_code == status
    save(tara, f"{RIVERS}/draft/words/fr", title="Des rivières propres")
    assert "Des rivières propres" in draft_of(container, "clean-rivers")["fr.toml"]
    base = base_of(tara.get(f"{RIVERS}/draft/words/fr"))
    refused = tara.post(f"{RIVERS}/draft/words/de", base=base, title="Saubere Flüsse")
    assert refused.status_code == 403
    assert "Saubere" not in draft_of(container, "clean-rivers")["de.toml"]


def test_a_translation_that_is_older_than_its_source_is_marked_until_it_is_changed(
    owner: Organiser,
) -> None:
    add_german(owner)
    save(owner, LETTER, title="Let every river run clean", author="Example River Union")
    page = owner.get(GERMAN)
    assert page.text.count(OLDER) == 2
    languages = owner.get(f"{RIVERS}/draft/languages").text
    assert "2 texts are older than their source" in languages
    save(owner, GERMAN, title="Lasst alle Flüsse sauber sein")
    assert owner.get(GERMAN).text.count(OLDER) == 1


def test_a_translation_that_is_still_right_is_said_to_be(owner: Organiser) -> None:
    add_german(owner)
    save(owner, LETTER, title="Let our rivers run clean!")
    assert owner.get(GERMAN).text.count(OLDER) == 1
    save(owner, GERMAN, **{"title-still-right": "y"})
    assert OLDER not in owner.get(GERMAN).text
    assert "complete" in owner.get(f"{RIVERS}/draft/languages").text
    save(owner, LETTER, title="Let our rivers run")
    assert owner.get(GERMAN).text.count(OLDER) == 1


def test_a_source_that_is_put_back_as_it_was_asks_for_no_look(owner: Organiser) -> None:
    add_german(owner)
    before = base_of(owner.get(LETTER))
    save(owner, LETTER, title="Something else")
    assert owner.get(GERMAN).text.count(OLDER) == 1
    owner.post(f"{RIVERS}/draft/history/{before}/restore")
    assert owner.get(GERMAN).text.count(OLDER) == 0


def test_a_translation_of_a_source_that_changes_meanwhile_is_marked(
    owner: Organiser, other: Organiser
) -> None:
    add_german(owner)
    mine = values_of(owner.get(GERMAN))
    save(other, LETTER, title="Ban every dam at once")
    saved = typed(owner, GERMAN, {**mine, "title": "Lasst unsere Flüsse laufen"}).get_json()
    later = {**mine, "base": str(saved["version"]), "title": "Lasst unsere Flüsse rein laufen"}
    assert owner.post(GERMAN, **later).status_code == 303
    assert owner.get(GERMAN).text.count(OLDER) == 1
    save(owner, GERMAN, title="Verbietet jeden Damm")
    assert owner.get(GERMAN).text.count(OLDER) == 0


def test_a_tick_beside_a_source_that_changes_meanwhile_says_nothing(
    owner: Organiser, other: Organiser
) -> None:
    add_german(owner)
    save(other, LETTER, title="Ban every dam at once")
    mine = values_of(owner.get(GERMAN))
    save(other, LETTER, title="Ban every dam and every weir")
    assert owner.post(GERMAN, **{**mine, "title-still-right": "y"}).status_code == 303
    assert owner.get(GERMAN).text.count(OLDER) == 1
    save(owner, GERMAN, **{"title-still-right": "y"})
    assert owner.get(GERMAN).text.count(OLDER) == 0


def test_somebody_who_speaks_a_language_says_that_she_has_read_it(
    owner: Organiser, container: Container
) -> None:
    add_german(owner)
    languages = f"{RIVERS}/draft/languages"
    assert "A native speaker has read it" in owner.get(languages).text
    owner.post(f"{languages}/de/reviewed", base=base_of(owner.get(languages)))
    assert "A native speaker has read it" not in owner.get(languages).text
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text
    facts = draft_of(container, "clean-rivers")["campaign.toml"]
    assert 'de = "reviewed"' in facts
    assert 'en = "source"' in facts


def test_what_was_read_is_unread_again_once_its_words_change(
    owner: Organiser, container: Container
) -> None:
    add_german(owner)
    languages = f"{RIVERS}/draft/languages"
    owner.post(f"{languages}/de/reviewed", base=base_of(owner.get(languages)))
    save(owner, LETTER, summary="Another English summary.")
    assert 'de = "reviewed"' in draft_of(container, "clean-rivers")["campaign.toml"]
    save(owner, GERMAN, title="Ein anderer Titel")
    assert 'de = "awaiting"' in draft_of(container, "clean-rivers")["campaign.toml"]
    assert "A native speaker has read it" in owner.get(languages).text


@pytest.mark.parametrize("since", ["rewritten", "incomplete"])
def test_nobody_has_read_words_that_she_was_not_shown(
    owner: Organiser, container: Container, since: str
) -> None:
    add_german(owner)
    languages = f"{RIVERS}/draft/languages"
    if since == "incomplete":
        save(owner, GERMAN, title="")
        assert "A native speaker has read it" not in owner.get(languages).text
    base = base_of(owner.get(languages))
    if since == "rewritten":
        save(owner, GERMAN, title="Ein anderer Titel")
    refused = owner.post(f"{languages}/de/reviewed", base=base)
    assert refused.status_code == 409
    assert "have changed since you opened this page, or some are missing" in refused.text
    assert "reviewed" not in draft_of(container, "clean-rivers")["campaign.toml"]


@pytest.mark.parametrize("by", ["moving", "reopening", "restoring"])
def test_what_is_older_than_its_source_stays_so_whatever_else_is_done(
    owner: Organiser, by: str
) -> None:
    add_german(owner)
    assert publish(owner, RIVERS).status_code == 303
    demands = f"{RIVERS}/draft/demands"
    save(owner, GERMAN, **{"demands.measure.text": "Messt jeden Tag."})
    save(owner, demands, act="save", **{"text-measure": "Close what pollutes."})
    assert older_texts(owner) == ["demands.measure.text"]
    at = RIVERS
    if by == "moving":
        owner.post(f"{RIVERS}/publication/address", slug="clean-water", reason="Better.")
        at = "/console/c/clean-water"
    elif by == "reopening":
        owner.post(f"{RIVERS}/publication/close", reason="Enough.", letters="send")
        owner.post(f"{RIVERS}/publication/reopen", reason="Not yet.", closes_on="2999-01-01")
    else:
        number = base_of(owner.get(LETTER))
        save(owner, GERMAN, **{"demands.measure.text": "Schliesst, was verschmutzt."})
        assert older_texts(owner) == []
        owner.post(f"{RIVERS}/draft/history/{number}/restore")
    assert older_texts(owner, at) == ["demands.measure.text"]


def older_texts(organiser: Organiser, path: str = RIVERS) -> list[str]:
    """Return the German texts whose source is newer: each has a tick beside it."""
    page = organiser.get(f"{path}/draft/words/de").text
    return re.findall(r' name="([^"]+)-still-right"', page)


def test_a_language_that_needs_a_review_gets_one(owner: Organiser, container: Container) -> None:
    base = base_of(owner.get(f"{HARBOURS}/draft/languages"))
    owner.post(f"{HARBOURS}/draft/languages/add", base=base, language="de")
    facts = BundleDocument(draft_of(container, "harbour-quiet")["campaign.toml"])
    assert facts.get(("review", "de")) == "awaiting"


def test_a_language_with_names_of_its_own_for_every_government_can_be_saved(
    container: Container, app: Flask
) -> None:
    owner = onboard_organiser(container, app)
    texts = texts_in(HARBOUR)
    for name in ("en.toml", "fr.toml"):
        words = BundleDocument(texts[name])
        for code in words.get(("governments",)):
            for number in range(12):
                words.set(("governments", code, f"case_{number}"), f"{code} {number}")
        texts[name] = words.text
    upload(owner, write_archive(texts, "x"), slug="many-names")
    step = "/console/c/many-names/draft/words/en"
    assert len(values_of(owner.get(step))) > MAX_FORM_PARTS
    assert save(owner, step, title="Quiet, please").status_code == 303
    assert "Quiet, please" in draft_of(container, "many-names")["en.toml"]
