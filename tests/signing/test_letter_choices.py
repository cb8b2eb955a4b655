"""What a supporter may choose about her letter's words: other variants, another language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.supporter import area_value, carried, hidden_value

if TYPE_CHECKING:
    from campaign.campaigns.rules.campaign import Campaign
    from tests.supporter import Supporter


def shown(supporter: Supporter, form: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Press a button of the preview; return the form that the answer carries."""
    answer = supporter.post(form | changes)
    assert answer.status_code == 200, answer.text
    turns = dict(re.findall(r'name="(turn-[^"]+)" value="(\d+)"', answer.text))
    return form | turns | carried(answer)


def test_she_can_take_other_words_for_one_paragraph_and_the_others_stay(
    supporter: Supporter, shipped: Campaign
) -> None:
    form = shown(supporter, supporter.form(government="IE", demands=["un", "open"]))
    for _ in shipped.words_in("en").letter.openings:
        if "\n\n1. " not in form["body"]:
            form = shown(supporter, form, another="opening")
    before = form["body"].split("\n\n")
    form = shown(supporter, form, another="demand.open")
    after = form["body"].split("\n\n")
    assert [old == new for old, new in zip(before, after, strict=True)].count(False) == 1
    assert before[1] != after[1]
    variants = shipped.words_in("en").letter.demands["open"].values()
    assert after[1].removeprefix("1. ") in variants


def test_after_all_other_words_the_first_ones_come_again(
    supporter: Supporter, shipped: Campaign
) -> None:
    form = shown(supporter, supporter.form(government="IE"))
    seen = [form["body"]]
    for _ in shipped.words_in("en").letter.openings:
        form = shown(supporter, form, another="opening")
        seen.append(form["body"])
    assert len(set(seen)) == len(seen) - 1
    assert seen[0] == seen[-1]


def test_the_letter_leaves_with_the_words_that_she_took(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="GR"), another="closing")
    form = shown(supporter, form, another="opening")
    assert supporter.post(form | {"step": "send"}).status_code == 303
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    assert form["body"] in letter.text


def test_other_words_after_an_edit_are_asked_about_and_not_put_over_it(
    supporter: Supporter,
) -> None:
    form = shown(supporter, supporter.form(government="IE"))
    form["body"] = "Only this."
    answer = supporter.post(form | {"another": "opening"})
    assert "Which text do you want?" in answer.text
    assert area_value(answer, "body") == "Only this."


def test_her_words_are_kept_when_she_goes_back_and_forth(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="IE"), another="opening")
    back = supporter.post(form | {"step": "change"})
    assert hidden_value(back, "turn-opening") == "1"


def test_nonsense_instead_of_a_piece_changes_nothing(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="IE"))
    odd = {"another": "demand.nothing", "turn-opening": "-1", "turn-closing": "9" * 40}
    assert shown(supporter, form, **odd)["body"] == form["body"]


def test_she_picks_a_language_among_those_the_ministry_reads_and_the_campaign_has(
    supporter: Supporter,
) -> None:
    form = supporter.form(government="BE")
    page = supporter.post(form).text
    offered = re.findall(r'<option value="(..)"', page[page.index('id="letter_language"') :])
    assert offered == ["fr", "nl", "de"]
    form = shown(supporter, form, letter_language="de") | {"letter_language": "de"}
    assert supporter.post(form | {"step": "send"}).status_code == 303
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Content-Language"] == "de"
    assert form["body"] in letter.text


@pytest.mark.parametrize(
    ("page", "government", "letter"),
    [
        ("nl", "BE", "nl"),
        ("de", "BE", "de"),
        ("ga", "IE", "ga"),
        ("sv", "FI", "sv"),
        ("en", "CY", "en"),
        ("it", "BE", "fr"),
        ("nl", "FR", "fr"),
    ],
)
def test_a_letter_is_in_the_language_of_her_page_if_the_ministry_reads_it(
    supporter: Supporter, page: str, government: str, letter: str
) -> None:
    supporter.lang = page
    supporter.sign(government=government)
    supporter.deliver()
    (sent,) = supporter.letters()
    assert sent.message["Content-Language"] == letter


def test_a_language_that_she_picked_goes_before_that_of_her_page(supporter: Supporter) -> None:
    supporter.lang = "nl"
    form = shown(supporter, supporter.form(government="BE"), letter_language="fr")
    page = supporter.post(form | {"letter_language": "fr"}).text
    assert '<option value="fr" lang="fr" selected>' in page


def test_a_language_that_the_ministry_does_not_read_is_not_taken(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="BE"), letter_language="el")
    assert "Charta" not in form["body"]
    assert form["body"] == shown(supporter, form)["body"]
    page = supporter.post(form | {"letter_language": "el"}).text
    assert '<option value="fr" lang="fr" selected>' in page


def test_another_language_is_shown_before_anything_is_signed(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="BE"))
    answer = supporter.post(form | {"letter_language": "de", "step": "send"})
    assert answer.status_code == 200
    assert area_value(answer, "body") != form["body"]
    supporter.deliver()
    assert supporter.mails() == []


def test_a_ministry_with_one_language_offers_no_choice(supporter: Supporter) -> None:
    assert 'id="letter_language"' not in supporter.post(supporter.form(government="GR")).text


ASKED = "Which text do you want?"


@pytest.mark.parametrize(
    "change",
    [{"another": "opening"}, {"letter_language": "de"}, {"demands": ["open", "un"]}],
    ids=["words", "language", "demands"],
)
def test_a_letter_that_she_did_not_touch_is_composed_anew_without_a_question(
    supporter: Supporter, change: dict[str, Any]
) -> None:
    form = shown(supporter, supporter.form(government="BE", paragraph="Mine.\n\nToo."))
    answer = supporter.post(form | change)
    assert ASKED not in answer.text
    assert area_value(answer, "body") != form["body"]


def test_a_letter_of_another_language_begins_with_that_languages_salutation(
    supporter: Supporter, shipped: Campaign
) -> None:
    form = supporter.form(government="BE")
    for tag in ("nl", "fr", "de"):
        form = shown(supporter, form, letter_language=tag)
        page = supporter.post(form | {"letter_language": tag}).text
        assert shipped.words_in(tag).letter.salutation in page
        opening = form["body"].partition("\n")[0].partition(" ")[0]
        assert any(
            text.startswith(opening) for text in shipped.words_in(tag).letter.openings.values()
        )


def test_who_sends_her_letter_herself_signs_with_the_first_press(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="IE"))
    form = shown(supporter, form, another="opening")
    answer = supporter.post(form | {"way": "own_mail", "step": "send"})
    assert answer.status_code == 303


def test_one_word_changed_is_an_edit_and_asked_about(supporter: Supporter) -> None:
    form = shown(supporter, supporter.form(government="IE"))
    form["body"] = form["body"].replace(".", "!", 1)
    assert ASKED in supporter.post(form | {"another": "opening"}).text
