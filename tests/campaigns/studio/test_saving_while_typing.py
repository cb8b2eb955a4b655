"""A draft is saved while it is written, without undoing what others write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.campaigns import drafts
from campaign.campaigns.draft import Edit
from campaign.campaigns.rows import CampaignRow
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
    row_of,
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
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("rivers")


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
    assert "Somebody else changed or removed the same words" in answer.get_json()["said"]
    assert "Otto’s title" in draft_of(container, "clean-rivers")["en.toml"]


def test_what_cannot_be_stored_is_not_saved_and_the_reason_is_given(owner: Organiser) -> None:
    answer = typed(owner, LETTER, {**values_of(owner.get(LETTER)), "goal": "many"})
    assert answer.status_code == 422
    assert answer.get_json()["said"] == "Not saved. Enter a number, or leave this empty."


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


def test_dates_and_choices_of_others_outlive_her_typing(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = {**values_of(owner.get(LETTER)), "title": "Ona’s title"}
    save(other, LETTER, goal="5000", closes_on="2999-05-01", by="operator")
    answer = typed(owner, LETTER, mine).get_json()
    assert answer["others"] == {"goal": "5000", "closes_on": "2999-05-01", "by": "operator"}
    later = {**mine, **answer["others"], "base": str(answer["version"]), "title": "Ona’s own title"}
    assert typed(owner, LETTER, later).status_code == 200
    facts = draft_of(container, "clean-rivers")["campaign.toml"]
    assert all(one in facts for one in ("5000", "2999-05-01", 'by = "operator"'))


def test_offices_of_others_outlive_her_choice(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    mine = {**values_of(owner.get(RECIPIENTS)), "union": "EFTA"}
    save(other, RECIPIENTS, office2="justice")
    answer = typed(owner, RECIPIENTS, mine).get_json()
    assert answer["others"] == {"office2": "justice"}
    later = {**mine, **answer["others"], "base": str(answer["version"]), "union": "CoE"}
    assert typed(owner, RECIPIENTS, later).status_code == 200
    assert '"justice"' in draft_of(container, "clean-rivers")["campaign.toml"]


def test_typing_on_while_it_is_saved_does_not_undo_what_others_wrote(
    owner: Organiser, other: Organiser, container: Container
) -> None:
    save(owner, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nGamma")
    mine = {**values_of(owner.get(LETTER)), "text": "Beta\r\n\r\nmiddle\r\n\r\nGamma"}
    save(other, LETTER, text="Alpha\r\n\r\nmiddle\r\n\r\nOtto")
    answer = typed(owner, LETTER, mine).get_json()
    assert answer["own"] != answer["version"]
    # The field has other words by now: the script leaves it, and goes on from what it had sent.
    later = {"base": str(answer["own"]), "text": "Beta!\r\n\r\nmiddle\r\n\r\nGamma"}
    assert typed(owner, LETTER, {**mine, **later}).status_code == 200
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert "Beta!" in words
    assert "Otto" in words


def test_a_part_that_another_removed_is_told_before_anything_else_is_typed(
    owner: Organiser, other: Organiser
) -> None:
    mine = {**values_of(owner.get(DEMANDS)), "heading-stop_dumping": "Stop all dumping"}
    save(other, DEMANDS, act="remove:measure")
    answer = typed(owner, DEMANDS, mine).get_json()
    assert "somebody else removed a part of this page" in answer["said"]
    assert "version" not in answer
    # She goes on from what she typed, and is in no conflict with herself.
    mine |= {"base": str(answer["own"]), "heading-stop_dumping": "Stop all dumping, now"}
    assert typed(owner, DEMANDS, mine).status_code == 200
    assert typed(owner, DEMANDS, mine | {"text-measure": "Measure."}).status_code == 409


def test_a_form_that_is_sent_again_after_going_back_is_saved_again(
    owner: Organiser, container: Container
) -> None:
    mine = {**values_of(owner.get(LETTER)), "csrf_token": owner.form()}
    for summary in ("First words.", "Second words."):
        sent = owner.browser.post(LETTER, data={**mine, "summary": summary})
    # What she saved first is another version by now: she is asked, and nothing is said to be saved.
    assert sent.status_code == 409
    assert "Second words." in values_of(sent).values()
    assert "First words." in draft_of(container, "clean-rivers")["en.toml"]


def test_a_second_click_adds_nothing_twice(owner: Organiser, container: Container) -> None:
    new = {"heading-NEW": "A third one", "text-NEW": "Do the third.", "act": "save"}
    form = {**values_of(owner.get(DEMANDS)), **new, "csrf_token": owner.form()}
    for _ in range(2):
        assert owner.browser.post(DEMANDS, data=form).status_code == 303
    assert keys_of(container) == ["stop_dumping", "measure", "a_third_one"]


def test_a_script_is_told_what_keeps_it_from_saving(
    owner: Organiser, container: Container, app: Flask
) -> None:
    letter = f"{HARBOURS}/draft/letter"
    editor = sign_in_organiser(container, app, Role.EDITOR, "Edda Example", ["harbour-quiet"])
    mine = {**values_of(editor.get(letter)), "summary": "Words of somebody whose role goes."}
    owner.post(f"{HARBOURS}/team/{editor.organiser_id}/role", role="viewer")
    answer = typed(editor, letter, mine)
    assert answer.status_code == 403
    assert "your role does not allow it any more" in answer.get_json()["said"]
    refused = editor.post(letter, **mine)
    assert "Words of somebody whose role goes." in refused.text


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
    assert in_background.get_json()["can_be_sent"]
    assert "you are signed out" in in_background.get_json()["said"]
    refused = owner.browser.post(LETTER, data=mine)
    carried = values_of(refused)
    assert carried["carried.text"].split() == mine["text"].split()
    again = {name.removeprefix("carried."): value for name, value in carried.items()}
    signed_in = sign_in_organiser(container, app)
    assert signed_in.post(LETTER, **again).status_code == 303
    assert "Omega" in draft_of(container, "clean-rivers")["en.toml"]


def test_offices_are_saved_while_she_chooses(owner: Organiser, container: Container) -> None:
    chosen = {**values_of(owner.get(RECIPIENTS)), "office2": "justice"}
    assert typed(owner, RECIPIENTS, chosen).status_code == 200
    assert "justice" in draft_of(container, "clean-rivers")["campaign.toml"]
    assert values_of(owner.get(RECIPIENTS))["office2"] == "justice"


@pytest.mark.both_databases
def test_a_draft_that_is_being_saved_keeps_no_signature_waiting(
    container: Container, clock: Clock
) -> None:
    row = row_of(container, "clean-rivers")
    # What the foreign key of a signature asks of PostgreSQL, which refuses it at once or gives it.
    signing = select(CampaignRow.id).where(CampaignRow.id == row.id)
    signing = signing.with_for_update(read=True, key_share=True, nowait=True)
    edit = Edit("en.toml", ("title",), "Ona’s title")
    with container.database.writing() as session:
        drafts.save(session, row.id, row.draft_version or 0, [edit], "Ona", clock(), note="A test")
        with container.database.engine.connect() as connection:
            assert connection.scalar(signing) == row.id
