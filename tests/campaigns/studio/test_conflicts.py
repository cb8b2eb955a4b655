"""Two write one draft at once: what does not clash is joined, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisers.rules.roles import Role
from tests.helpers.studio import (
    DEMANDS,
    HARBOURS,
    LETTER,
    RECIPIENTS,
    RIVERS,
    base_of,
    draft_of,
    keys_of,
    save,
    typed,
    values_of,
)
from tests.organiser import (
    Organiser,
    sign_in_organiser,
)

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container

pytestmark = pytest.mark.usefixtures("rivers")


def text_of(container: Container) -> list[str]:
    words = draft_of(container, "clean-rivers")["en.toml"]
    return [one for one in ("Alpha", "Beta", "Gamma", "Delta", "Omega", "Psi") if one in words]


def test_what_two_write_at_once_is_both_kept(
    owner: Organiser, container: Container, app: Flask
) -> None:
    other = sign_in_organiser(container, app, Role.OWNER, "Otto Example")
    step = f"{RIVERS}/draft/letter"
    mine = values_of(owner.get(step))
    save(other, step, summary="Another summary.")
    assert owner.post(step, **{**mine, "title": "A better title"}).status_code == 303
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "A better title" in words
    assert "Another summary." in words


def test_where_two_changed_the_same_words_both_are_shown_and_nothing_is_lost(
    owner: Organiser, container: Container, app: Flask
) -> None:
    other = sign_in_organiser(container, app, Role.OWNER, "Otto Example")
    step = f"{RIVERS}/draft/letter"
    mine = values_of(owner.get(step))
    save(other, step, title="Otto’s title")
    refused = owner.post(step, **{**mine, "title": "Ona’s title"})
    assert refused.status_code == 409
    assert "Somebody else changed the same things" in refused.text
    assert "Ona’s title" in values_of(refused).values()
    assert "Otto’s title" in refused.text
    assert "Otto’s title" in draft_of(container, "clean-rivers")["en.toml"]
    again = {**values_of(refused), "title:0:else": "Both titles"}
    assert owner.post(step, **again).status_code == 303
    assert "Both titles" in draft_of(container, "clean-rivers")["en.toml"]
    history = owner.get(f"{RIVERS}/draft/history").text
    assert history.count("Letter edited") == 3
    assert "Otto Example" in history


def test_after_a_conflict_a_second_save_keeps_what_the_other_wrote_elsewhere(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, title="Otto’s title", summary="Otto’s summary.")
    refused = owner.post(LETTER, **{**mine, "title": "Ona’s title"})
    assert refused.status_code == 409
    shown = values_of(refused)
    assert shown["title:0"] == "Ona’s title"
    assert shown["summary"] == "Otto’s summary."
    owner.post(LETTER, **shown)
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Ona’s title" in words
    assert "Otto’s summary." in words


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


def test_a_demand_that_is_edited_while_another_removes_it_is_offered_again(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(DEMANDS))
    save(other, DEMANDS, act="remove:measure")
    refused = owner.post(DEMANDS, **{**mine, "heading-measure": "Measure it daily", "act": "save"})
    assert refused.status_code == 409
    assert values_of(refused)["heading-NEW"] == "Measure it daily"
    assert keys_of(container) == ["stop_dumping"]


def test_a_demand_that_is_gone_is_shown_beside_one_that_is_added(
    owner: Organiser, other: Organiser
) -> None:
    mine = values_of(owner.get(DEMANDS))
    save(other, DEMANDS, act="remove:measure")
    new = {"heading-NEW": "A third one", "text-NEW": "Do the third.", "act": "save"}
    refused = owner.post(DEMANDS, **{**mine, **new, "text-measure": "Measure each day."})
    assert values_of(refused)["text-NEW"] == "Do the third."
    assert "<pre>Measure each day.</pre>" in refused.text


@pytest.mark.parametrize("was", ["", "Messt."])
def test_a_translation_of_a_demand_that_is_gone_is_no_orphan_and_not_lost(
    owner: Organiser, other: Organiser, container: Container, was: str
) -> None:
    base = base_of(owner.get(f"{RIVERS}/draft/languages"))
    owner.post(f"{RIVERS}/draft/languages/add", base=base, language="de")
    german = f"{RIVERS}/draft/words/de"
    save(owner, german, title="Flüsse", **{"demands.measure.text": was})
    mine = {**values_of(owner.get(german)), "demands.measure.text": "Messt jeden Tag."}
    save(other, DEMANDS, act="remove:measure")
    assert typed(owner, german, mine).status_code == 409
    refused = owner.post(german, **mine)
    assert refused.status_code == 409
    assert "<pre>Messt jeden Tag.</pre>" in refused.text
    assert "measure" not in draft_of(container, "clean-rivers")["de.toml"]
    assert owner.post(german, **values_of(refused)).status_code == 303


def test_a_sentence_for_a_demand_that_is_gone_is_no_orphan_and_not_lost(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    variants = f"{RIVERS}/draft/variants"
    save(owner, variants, act="own")
    new = {"demands.measure.NEW": "Please measure.", "act": "save"}
    mine = {**values_of(owner.get(variants)), **new}
    save(other, DEMANDS, act="remove:measure")
    refused = owner.post(variants, **mine)
    assert refused.status_code == 409
    assert "<pre>Please measure.</pre>" in refused.text
    assert "measure" not in draft_of(container, "clean-rivers")["en.toml"]


def test_a_demand_that_is_gone_is_offered_whole(owner: Organiser, other: Organiser) -> None:
    mine = values_of(owner.get(DEMANDS))
    save(other, DEMANDS, act="remove:measure")
    refused = owner.post(DEMANDS, **{**mine, "text-measure": "Measure daily.", "act": "save"})
    shown = values_of(refused)
    assert (shown["heading-NEW"], shown["text-NEW"]) == ("Measure", "Measure daily.")


def test_two_who_add_a_demand_at_once_both_have_theirs(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = values_of(owner.get(DEMANDS))
    new = {"heading-NEW": "Otto’s demand", "text-NEW": "Do what Otto asks.", "act": "save"}
    save(other, DEMANDS, **new)
    refused = owner.post(
        DEMANDS, **{**mine, "heading-NEW": "Ona’s demand", "text-NEW": "Ona asks.", "act": "save"}
    )
    assert refused.status_code == 409
    owner.post(DEMANDS, **{**values_of(refused), "act": "save"})
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Do what Otto asks." in words
    assert "Ona asks." in words
    assert len(keys_of(container)) == 4


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


def test_two_who_ask_other_governments_at_once_see_what_the_other_chose(
    owner: Organiser, other: Organiser
) -> None:
    mine = values_of(owner.get(RECIPIENTS))
    save(other, RECIPIENTS, union="EFTA", to="each")
    refused = owner.post(RECIPIENTS, **{**mine, "union": "CoE", "to": "supporter chooses"})
    assert refused.status_code == 409
    assert "somebody else</p><p>The member states of the European Free Trade" in refused.text
    assert "somebody else</p><p>Each of them, with a letter of its own" in refused.text


def test_paragraphs_beside_each_other_are_chosen_one_by_one(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nBeta\r\n\r\nGamma")
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, text="Delta\r\n\r\nOmega\r\n\r\nGamma")
    refused = owner.post(LETTER, **{**mine, "text": "Alpha\r\n\r\nPsi\r\n\r\nGamma"})
    shown = values_of(refused)
    assert [shown[f"text:{number}"] for number in range(3)] == ["Delta", "Psi", "Gamma"]


@pytest.mark.parametrize("beside", ["before", "after"])
def test_a_new_paragraph_beside_one_that_another_changes_is_joined(
    owner: Organiser, other: Organiser, container: Container, beside: str
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nBeta\r\n\r\nGamma")
    mine = values_of(owner.get(LETTER))
    save(other, LETTER, text="Alpha\r\n\r\nOmega\r\n\r\nGamma")
    added = {"before": "Psi\r\n\r\nBeta", "after": "Beta\r\n\r\nPsi"}[beside]
    text = f"Alpha\r\n\r\n{added}\r\n\r\nGamma"
    assert owner.post(LETTER, **{**mine, "text": text}).status_code == 303
    words = draft_of(container, "clean-rivers")["en.toml"]
    order = [words.index(one) for one in ("Alpha", "Omega", "Psi", "Gamma")]
    assert sorted(order) == order if beside == "after" else order[2] < order[1]
    assert "Beta" not in words


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


@pytest.mark.parametrize("base", ["", "0", "x", "-1", "999", "9" * 30])
def test_a_form_that_does_not_say_what_it_was_filled_from_overwrites_nothing(
    owner: Organiser, container: Container, base: str
) -> None:
    mine = {**values_of(owner.get(LETTER)), "title": "A title of mine", "base": base}
    refused = owner.post(LETTER, **mine)
    assert refused.status_code == 409
    assert values_of(refused)["title:0"] == "A title of mine"
    assert "Let our rivers run clean" in draft_of(container, "clean-rivers")["en.toml"]


def test_a_text_in_a_language_that_another_removes_is_not_lost(
    owner: Organiser, other: Organiser
) -> None:
    mine = values_of(owner.get(f"{HARBOURS}/draft/words/en"))
    base = base_of(other.get(f"{HARBOURS}/draft/languages"))
    other.post(f"{HARBOURS}/draft/languages/en/remove", base=base)
    refused = owner.post(f"{HARBOURS}/draft/words/en", **{**mine, "title": "Quiet, please"})
    assert refused.status_code == 409
    assert "Somebody else removed this language" in refused.text
    shown = values_of(refused)
    assert shown["title"] == "Quiet, please"
    assert {name for name, text in mine.items() if text} <= {n for n, text in shown.items() if text}
    assert owner.post(f"{HARBOURS}/draft/words/en", **shown).status_code == 303
    back = values_of(owner.get(f"{HARBOURS}/draft/words/en"))
    assert back == {**mine, "title": "Quiet, please", "base": back["base"]} | {
        "source_version": back["source_version"]
    }
