"""A draft is saved while it is written; two who write the same text choose by paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from campaign.campaigns.bundle_document import BundleDocument
from campaign.organisers.rules.roles import Role
from tests.campaigns.bundle_editing import both_campaigns
from tests.campaigns.test_studio import (
    RIVERS,
    base_of,
    draft_of,
    keys_of,
    publish,
    save,
    values_of,
    write_rivers,
)
from tests.organiser import Organiser, sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

    from campaign.container import Container
    from tests.clock import Clock

LETTER, DEMANDS = f"{RIVERS}/draft/letter", f"{RIVERS}/draft/demands"
RECIPIENTS = f"{RIVERS}/draft/recipients"
GERMAN = f"{RIVERS}/draft/words/de"
OLDER = "The English text changed after this one."


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environ | {"CAMPAIGN_CAMPAIGNS": str(both_campaigns(tmp_path))}


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    owner = sign_in_organiser(container, app)
    write_rivers(owner)
    return owner


@pytest.fixture
def other(container: Container, app: Flask) -> Organiser:
    return sign_in_organiser(container, app, Role.OWNER, "Otto Example")


def typed(organiser: Organiser, path: str, fields: dict[str, str]) -> TestResponse:
    """Send a form as the page's script does while somebody writes."""
    data: dict[str, Any] = {"csrf_token": organiser.form(), **fields}
    return organiser.browser.post(path, data=data, headers={"Accept": "application/json"})


def text_of(container: Container) -> list[str]:
    words = draft_of(container, "clean-rivers")["en.toml"]
    return [one for one in ("Alpha", "Beta", "Gamma", "Delta", "Omega", "Psi") if one in words]


def test_what_is_typed_is_saved_and_the_button_goes_on_from_there(
    owner: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(LETTER))
    answer = typed(owner, LETTER, {**mine, "title": "Let our rivers run"}).get_json()
    assert answer["said"].startswith("Saved at ")
    assert "Let our rivers run" in draft_of(container, "clean-rivers")["en.toml"]
    assert answer["version"] == int(base_of(owner.get(LETTER)))
    more = {**mine, "base": str(answer["version"]), "title": "Let all rivers run"}
    assert owner.post(LETTER, **more).status_code == 303
    assert "Let all rivers run" in draft_of(container, "clean-rivers")["en.toml"]


def test_typing_over_somebody_elses_words_saves_nothing_and_says_so(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, title="Otto’s title")
    answer = typed(owner, LETTER, {**mine, "title": "Ona’s title"})
    assert answer.status_code == 409
    assert "Somebody else changed the same words" in answer.get_json()["said"]
    assert "Otto’s title" in draft_of(container, "clean-rivers")["en.toml"]


def test_what_cannot_be_stored_is_not_saved_and_the_reason_is_given(owner: Organiser) -> None:
    answer = typed(owner, LETTER, {**values_of(owner.get(LETTER)), "goal": "many"})
    assert answer.status_code == 422
    assert answer.get_json()["said"] == "Not saved. Enter a number of signatures, or nothing."


def test_a_demand_that_is_being_typed_is_added_by_its_button_only(
    owner: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(DEMANDS))
    changed = {**mine, "heading-measure": "Measure daily", "heading-NEW": "A third one"}
    assert typed(owner, DEMANDS, changed).status_code == 200
    assert keys_of(container) == ["stop_dumping", "measure"]
    assert "Measure daily" in draft_of(container, "clean-rivers")["en.toml"]


def test_saves_of_one_go_are_one_line_of_the_history_and_each_comes_back(
    owner: Organiser, container: Container, clock: Clock
) -> None:
    for title in ("First title", "Second title", "Third title"):
        typed(owner, LETTER, {**values_of(owner.get(LETTER)), "title": title})
    clock.advance(minutes=20)
    typed(owner, LETTER, {**values_of(owner.get(LETTER)), "title": "Title of later"})
    history = owner.get(f"{RIVERS}/draft/history").text
    assert history.count('<td data-label="What">Letter edited') == 3
    assert "2 earlier saves" in history
    number = int(base_of(owner.get(LETTER))) - 2
    assert f"Version {number}," in history
    owner.post(f"{RIVERS}/draft/history/{number}/restore")
    assert "Second title" in draft_of(container, "clean-rivers")["en.toml"]


def test_what_two_write_in_different_paragraphs_is_joined(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nGamma")
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nDelta\r\n\r\nPsi")
    done = owner.post(LETTER, **{**mine, "text": "Beta\r\n\r\nmiddle\r\n\r\nGamma"})
    assert done.status_code == 303
    assert text_of(container) == ["Beta", "Delta", "Psi"]


@pytest.mark.parametrize(
    ("which", "kept"),
    [("mine", ["Beta", "Delta"]), ("theirs", ["Delta", "Psi"]), ("both", ["Beta", "Delta", "Psi"])],
)
def test_where_two_write_the_same_paragraph_one_is_chosen_and_the_rest_joined(
    owner: Organiser, other: Organiser, container: Container, which: str, kept: list[str]
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nGamma")
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, text="Psi\r\n\r\nmiddle\r\n\r\nDelta")
    refused = owner.post(LETTER, **{**mine, "text": "Beta\r\n\r\nmiddle\r\n\r\nGamma"})
    assert refused.status_code == 409
    shown = values_of(refused)
    assert shown["text:0"] == "Beta"
    assert shown["text:1"].split() == ["middle", "Delta"]
    chosen = {"mine": "Beta", "theirs": "Psi", "both": "Beta\r\n\r\nPsi"}[which]
    assert owner.post(LETTER, **{**shown, "text:0": chosen}).status_code == 303
    assert text_of(container) == kept


def test_after_a_conflict_elsewhere_the_others_paragraphs_stay(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nGamma")
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, title="Otto’s title", text="Alpha\r\n\r\nmiddle\r\n\r\nDelta")
    own = {"title": "Ona’s title", "text": "Beta\r\n\r\nmiddle\r\n\r\nGamma"}
    refused = owner.post(LETTER, **{**mine, **own})
    assert refused.status_code == 409
    owner.post(LETTER, **values_of(refused))
    assert text_of(container) == ["Beta", "Delta"]


def test_a_page_of_typing_outlives_the_session(
    owner: Organiser, container: Container, app: Flask
) -> None:
    mine = {
        **values_of(owner.get(LETTER)),
        "text": "\r\n\r\n".join(["Omega " * 100] * 20),
        "csrf_token": owner.form(),
    }
    owner.browser.delete_cookie("console", path="/console")
    in_background = typed(owner, LETTER, mine)
    assert in_background.status_code == 403
    assert not in_background.is_json
    refused = owner.browser.post(LETTER, data=mine)
    carried = values_of(refused)
    assert carried["carried.text"].split() == mine["text"].split()
    again = {name.removeprefix("carried."): value for name, value in carried.items()}
    signed_in = sign_in_organiser(container, app)
    assert signed_in.post(LETTER, **again).status_code == 303
    assert text_of(container) == ["Omega"]


def translate(owner: Organiser) -> None:
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    german = {name: f"Deutsch {name}" for name in values_of(owner.get(GERMAN)) if name != "base"}
    assert save(owner, GERMAN, **german).status_code == 303
    assert OLDER not in owner.get(GERMAN).text


def test_a_translation_that_is_older_than_its_source_is_marked_until_it_is_changed(
    owner: Organiser,
) -> None:
    translate(owner)
    save(owner, LETTER, title="Let every river run clean", author="Example River Union")
    page = owner.get(GERMAN)
    assert page.text.count(OLDER) == 2
    languages = owner.get(f"{RIVERS}/draft/languages").text
    assert "2 texts are older than their source" in languages
    save(owner, GERMAN, title="Lasst alle Flüsse sauber sein")
    assert owner.get(GERMAN).text.count(OLDER) == 1


def test_a_translation_that_is_still_right_is_said_to_be(owner: Organiser) -> None:
    translate(owner)
    save(owner, LETTER, title="Let our rivers run clean!")
    assert owner.get(GERMAN).text.count(OLDER) == 1
    save(owner, GERMAN, **{"title-still-right": "y"})
    assert OLDER not in owner.get(GERMAN).text
    assert "complete" in owner.get(f"{RIVERS}/draft/languages").text
    save(owner, LETTER, title="Let our rivers run")
    assert owner.get(GERMAN).text.count(OLDER) == 1


def test_a_source_that_is_put_back_as_it_was_still_asks_for_a_look(owner: Organiser) -> None:
    translate(owner)
    before = base_of(owner.get(LETTER))
    save(owner, LETTER, title="Something else")
    owner.post(f"{RIVERS}/draft/history/{before}/restore")
    assert owner.get(GERMAN).text.count(OLDER) == 1


WORD_PASTE = (
    "We ask\u000bfor three things:\r\n\u2022\tclean\u00a0water\r\n"
    "\u2022\t\u201cquiet\u201d nights\r\n"
    "\u00b7\tsafe\u00ad ways\r\n\r\nThat is **all**."
)


def test_a_text_from_a_word_processor_keeps_its_list_and_loses_what_cannot_be_seen(
    owner: Organiser, app: Flask
) -> None:
    save(owner, LETTER, text=WORD_PASTE)
    assert publish(owner, RIVERS).status_code == 303
    page = app.test_client().get("/en/clean-rivers").text
    assert page.count("<li>\n<p>") == 3
    assert "“quiet” nights" in page
    assert "safe ways" in page
    assert "That is <strong>all</strong>." in page
    assert "\u000b" not in page


def test_script_in_any_field_of_a_draft_never_runs(owner: Organiser, app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    for path in (LETTER, DEMANDS):
        page = owner.get(path)
        for name in values_of(page):
            if name not in {"base", "csrf_token"}:
                answer = owner.post(path, **{**values_of(owner.get(path)), name: evil})
                shown = owner.get(path).text if answer.status_code == 303 else answer.text
                assert "<script>alert" not in shown, name
    assert "<script>alert" not in owner.get(f"{RIVERS}/publication").text
    assert "<script>alert" not in owner.get(f"{RIVERS}/draft/history").text
    assert "has markup or script in it" in owner.get(f"{RIVERS}/publication").text
    assert app.test_client().get("/en/clean-rivers").status_code == 404


def test_offices_are_saved_while_she_chooses(owner: Organiser, container: Container) -> None:
    chosen = {**values_of(owner.get(RECIPIENTS)), "office2": "justice"}
    assert typed(owner, RECIPIENTS, chosen).status_code == 200
    assert "justice" in draft_of(container, "clean-rivers")["campaign.toml"]
    assert values_of(owner.get(RECIPIENTS))["office2"] == "justice"


def test_a_letter_says_a_demand_as_its_page_does_until_it_is_worded_otherwise(
    owner: Organiser, container: Container
) -> None:
    variants = f"{RIVERS}/draft/variants"
    save(owner, variants, act="own")
    save(owner, variants, act="save", **{"demands.measure.NEW": "Have the water measured."})
    save(owner, DEMANDS, act="save", **{"text-measure": "Measure the water each week, for $5."})
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert words.count("Measure the water each week, for $5.") == 1
    assert words.count("Measure the water each week, for $$5.") == 1
    assert "Measure the quality of the water each month." not in words
    assert "Have the water measured." in words


def test_two_who_choose_other_offices_at_once_see_what_the_other_chose(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(RECIPIENTS))
    save(other, RECIPIENTS, office1="justice")
    refused = owner.post(RECIPIENTS, **{**mine, "office1": "interior"})
    assert refused.status_code == 409
    assert "Saved by somebody else</p><p>Justice</p>" in refused.text
    assert owner.post(RECIPIENTS, **values_of(refused)).status_code == 303
    assert '"interior"' in draft_of(container, "clean-rivers")["campaign.toml"]


def test_two_who_add_something_else_are_not_asked_to_choose(
    owner: Organiser, other: Organiser
) -> None:
    mine = values_of(owner.get(DEMANDS))
    new = {"heading-NEW": "Otto’s demand", "text-NEW": "Do what Otto asks.", "act": "save"}
    save(other, DEMANDS, **new)
    refused = owner.post(DEMANDS, **{**mine, "heading-NEW": "Ona’s", "text-NEW": "Ona asks."})
    assert refused.status_code == 409
    assert "changed this page while you were writing" in refused.text
    assert "choose below" not in refused.text


def test_a_demand_that_is_gone_is_offered_whole(owner: Organiser, other: Organiser) -> None:
    mine = values_of(owner.get(DEMANDS))
    save(other, DEMANDS, act="remove:measure")
    refused = owner.post(DEMANDS, **{**mine, "text-measure": "Measure daily.", "act": "save"})
    shown = values_of(refused)
    assert (shown["heading-NEW"], shown["text-NEW"]) == ("Measure", "Measure daily.")


def test_somebody_who_speaks_a_language_says_that_she_has_read_it(
    owner: Organiser, container: Container
) -> None:
    translate(owner)
    languages = f"{RIVERS}/draft/languages"
    assert "A native speaker has read it" in owner.get(languages).text
    owner.post(f"{languages}/de/reviewed", base=base_of(owner.get(languages)))
    assert "A native speaker has read it" not in owner.get(languages).text
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text
    facts = draft_of(container, "clean-rivers")["campaign.toml"]
    assert 'de = "reviewed"' in facts
    assert 'en = "source"' in facts


def test_a_line_that_begins_with_a_date_stays_in_its_paragraph(
    owner: Organiser, container: Container
) -> None:
    text = "Am\r\n28. September geht es los.\r\n\r\n1. Alpha\r\n2. Beta\r\n3. Gamma"
    save(owner, LETTER, text=text)
    retelling = BundleDocument(draft_of(container, "clean-rivers")["en.toml"]).get(("retelling",))
    assert retelling == ["Am 28. September geht es los.", "1. Alpha", "2. Beta", "3. Gamma"]


def test_saving_while_typing_does_not_undo_what_others_saved_meanwhile(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = {**values_of(owner.get(LETTER)), "title": "Ona’s title"}
    save(other, LETTER, summary="Otto’s summary.", text="Otto’s paragraph.")
    answer = typed(owner, LETTER, mine).get_json()
    assert answer["others"] == {"summary": "Otto’s summary.", "text": "Otto’s paragraph."}
    # The script writes them into the fields that nobody has typed in since.
    later = {**mine, **answer["others"], "base": str(answer["version"]), "title": "Ona’s own title"}
    assert owner.post(LETTER, **later).status_code == 303
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert all(one in words for one in ("Ona’s own title", "Otto’s summary.", "Otto’s paragraph."))


def test_a_demand_that_another_adds_while_she_types_keeps_its_words(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = {**values_of(owner.get(DEMANDS)), "heading-measure": "Measure daily"}
    new = {"heading-NEW": "Otto’s demand", "text-NEW": "Do what Otto asks.", "act": "save"}
    save(other, DEMANDS, **new)
    answer = typed(owner, DEMANDS, mine).get_json()
    owner.post(DEMANDS, **{**mine, "base": str(answer["version"]), "act": "save"})
    assert len(keys_of(container)) == 3
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Do what Otto asks." in words
    assert "Measure daily" in words
