"""What is typed in the steps of a draft is in its bundle, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.campaigns.bundle_archive import write_archive
from campaign.campaigns.bundle_document import BundleDocument
from tests.campaigns.bundle_editing import HARBOUR
from tests.campaigns.test_bundle_archive import texts_in
from tests.helpers.studio import (
    DEMANDS,
    HARBOURS,
    LETTER,
    RIVERS,
    base_of,
    draft_of,
    keys_of,
    publish,
    row_of,
    save,
    upload,
    values_of,
)

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.organiser import Organiser

pytestmark = pytest.mark.usefixtures("rivers")


SCRIPT = '<script>alert("x")</script>'


def test_demands_move_and_go_without_scripts(owner: Organiser, container: Container) -> None:
    step = f"{RIVERS}/draft/demands"
    save(owner, step, act="down:stop_dumping")
    assert keys_of(container) == ["measure", "stop_dumping"]
    save(owner, step, act="up:stop_dumping", **{"heading-measure": "Measure the water"})
    files = draft_of(container, "clean-rivers")
    assert keys_of(container) == ["stop_dumping", "measure"]
    assert "Measure the water" in files["en.toml"]
    save(owner, step, act="remove:measure")
    files = draft_of(container, "clean-rivers")
    assert keys_of(container) == ["stop_dumping"]
    assert "measure" not in files["en.toml"]


@pytest.mark.parametrize("slug", ["harbour-quiet", "eu-china-dialogue"])
def test_a_step_that_is_saved_as_it_was_shown_changes_no_byte(
    owner: Organiser, container: Container, slug: str
) -> None:
    before, number = draft_of(container, slug), row_of(container, slug).draft_version
    for step in ("letter", "demands", "recipients", "words/en", "words/fr"):
        done = save(owner, f"/console/c/{slug}/draft/{step}")
        assert done.status_code == 303, step
        assert draft_of(container, slug) == before, step
    assert row_of(container, slug).draft_version == number


def test_only_what_is_changed_is_written(owner: Organiser, container: Container) -> None:
    before = draft_of(container, "harbour-quiet")["campaign.toml"]
    save(owner, f"{HARBOURS}/draft/letter", goal="5,000")
    after = draft_of(container, "harbour-quiet")["campaign.toml"]
    assert set(after.splitlines()) - set(before.splitlines()) == {"goal = 5000"}


def test_offices_that_no_list_has_are_kept(owner: Organiser, container: Container) -> None:
    texts = texts_in(HARBOUR)
    offices = ["EU/high-representative", "foreign-affairs", "transport", "environment"]
    listed = ", ".join(f'"{one}"' for one in offices)
    texts["campaign.toml"] += f"\n[recipients]\noffices = [{listed}]\n"
    upload(owner, write_archive(texts, "x"), slug="many-offices")
    save(owner, "/console/c/many-offices/draft/recipients")
    assert draft_of(container, "many-offices")["campaign.toml"].endswith(f"offices = [{listed}]\n")
    save(owner, "/console/c/many-offices/draft/recipients", office2="justice")
    facts = BundleDocument(draft_of(container, "many-offices")["campaign.toml"])
    changed = [offices[0], "justice", *offices[2:]]
    assert facts.get(("recipients", "offices")) == changed


WRITTEN_BY_HAND = {
    "dotted keys": (
        'demands.a.heading = "A"\ndemands.a.text = "Do a."\ndemands.b.heading = "B"\n'
        'demands.b.text = "Do b."\n'
    ),
    "inline tables": (
        'demands = { a = { heading = "A", text = "Do a." }, '
        'b = { heading = "B", text = "Do b." } }\n'
    ),
}


@pytest.mark.parametrize("words", WRITTEN_BY_HAND.values(), ids=WRITTEN_BY_HAND)
@pytest.mark.parametrize("listed", ['demands = [{ key = "a" }, { key = "b" }]', ""])
def test_any_way_to_write_toml_can_be_edited(
    owner: Organiser, container: Container, words: str, listed: str
) -> None:
    tables = "" if listed else '\n[[demands]]\nkey = "a"\n\n[[demands]]\nkey = "b"\n'
    texts = {
        "campaign.toml": f'slug = "by-hand"\n{listed}\nsource.author = "Example Trust"\n{tables}',
        "en.toml": f'name = "By hand"\ntitle = "By hand"\nsummary = "By hand."\n{words}',
    }
    assert upload(owner, write_archive(texts, "x")).status_code == 303
    path = "/console/c/by-hand/draft/demands"
    added = {"heading-NEW": "New", "text-NEW": "Do a new thing.", "act": "save"}
    assert save(owner, path, **added).status_code == 303
    assert save(owner, path, act="down:a", **{"heading-b": "Better"}).status_code == 303
    english = BundleDocument(draft_of(container, "by-hand")["en.toml"])
    assert english.get(("demands",)) == {
        "a": {"heading": "A", "text": "Do a."},
        "b": {"heading": "Better", "text": "Do b."},
        "new": {"heading": "New", "text": "Do a new thing."},
    }
    facts = BundleDocument(draft_of(container, "by-hand")["campaign.toml"])
    assert [row["key"] for row in facts.get(("demands",))] == ["b", "a", "new"]


def test_a_paste_from_a_word_processor_is_mended(owner: Organiser, container: Container) -> None:
    pasted = "Our\u00a0rivers\u200b are “ours”\r\n\r\n\r\nKeep\x0bthem clean.\r\nAll."
    save(
        owner,
        f"{RIVERS}/draft/letter",
        text=pasted,
        title="Clean\r\nrivers",
    )
    words = draft_of(container, "clean-rivers")["en.toml"]
    assert 'title = "Clean rivers"' in words
    assert "\u200b" not in words
    assert "Our\u00a0rivers are “ours”" in words
    assert "It is complete." in owner.get(f"{RIVERS}/publication").text


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


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Heading\r\n{'Long. ' * 30}\r\nShort.", ["Heading", ("Long. " * 30).strip(), "Short."]),
        ("Wrapped by a\r\nmail program.\r\n\r\nNext.", ["Wrapped by a mail program.", "Next."]),
        (
            "\u00b7\tone\r\no\tbelow it\r\n1) first\r\n2) then",
            ["- one", "- below it", "1) first", "2) then"],
        ),
        (
            f"We ask:\r\n1.\tone\r\n2.\ttwo\r\n{'Long. ' * 30}\r\nThanks.",
            ["We ask:", "1. one", "2. two", ("Long. " * 30).strip(), "Thanks."],
        ),
        (
            "This was\r\nwrapped.\r\n\r\n\u2022 The first item\r\n  goes on.\r\n\u2022 Two.",
            ["This was wrapped.", "- The first item goes on.", "- Two."],
        ),
        ("a)\tone\r\nb)\ttwo\r\n\u2013\tthree", ["a) one", "b) two", "- three"]),
    ],
    ids=[
        "word processor",
        "mail program",
        "lists of two kinds",
        "after a list",
        "wrapped",
        "letters, dashes",
    ],
)
def test_a_paste_has_the_paragraphs_that_it_had(
    owner: Organiser, container: Container, text: str, kept: list[str]
) -> None:
    save(owner, LETTER, text=text)
    words = BundleDocument(draft_of(container, "clean-rivers")["en.toml"])
    assert words.get(("retelling",)) == kept


def test_a_line_that_begins_with_a_date_stays_in_its_paragraph(
    owner: Organiser, container: Container
) -> None:
    text = "Am\r\n28. September geht es los.\r\n\r\n1. Alpha\r\n2. Beta\r\n3. Gamma"
    save(owner, LETTER, text=text)
    retelling = BundleDocument(draft_of(container, "clean-rivers")["en.toml"]).get(("retelling",))
    assert retelling == ["Am 28. September geht es los.", "1. Alpha", "2. Beta", "3. Gamma"]


def test_script_in_every_field_is_shown_as_text_and_blocks_publishing(
    owner: Organiser, container: Container
) -> None:
    step = f"{RIVERS}/draft/letter"
    texts = dict.fromkeys(("name", "title", "summary", "author", "text", "source_title"), SCRIPT)
    save(owner, step, **texts)
    for path in ("letter", "demands", "languages", "history", "words/en"):
        assert "<script>alert" not in owner.get(f"{RIVERS}/draft/{path}").text
    page = owner.get(f"{RIVERS}/publication").text
    assert "<script>alert" not in page
    assert "has HTML or script in it" in page
    number = base_of(owner.get(step))
    refused = owner.post(f"{RIVERS}/publication/publish", version=number)
    assert refused.status_code == 409


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
    assert "has HTML or script in it" in owner.get(f"{RIVERS}/publication").text
    assert app.test_client().get("/en/clean-rivers").status_code == 404


def test_a_letters_own_sentence_is_kept_when_its_demand_changes_with_it(
    owner: Organiser, container: Container
) -> None:
    save(owner, f"{RIVERS}/draft/variants", act="own")
    words = f"{RIVERS}/draft/words/en"
    name = next(one for one in values_of(owner.get(words)) if "letter.demands.measure." in one)
    own = {"demands.measure.text": "Measure it daily.", name: "We ask you to measure."}
    assert save(owner, words, **own).status_code == 303
    assert "We ask you to measure." in draft_of(container, "clean-rivers")["en.toml"]


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
