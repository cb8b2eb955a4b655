"""Sentences compared by their words, and the share that is said in words."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from campaign.campaigns.similarity import Likeness, likeness, sentences


def test_a_sentence_is_its_words_without_case_numbers_and_points() -> None:
    text = "1. Please REPORT, every round! Yes. Then?\n\nÉtat des lieux… n° 7: très clair, oui"
    assert sentences(text) == [
        "please report every round",
        "état des lieux",
        "très clair oui",
    ]


def test_a_changed_comma_or_number_makes_no_other_sentence() -> None:
    assert sentences("2. I ask you to act now.") == sentences("I ask you, to act (now)!")


def test_a_greek_question_is_a_sentence() -> None:
    assert sentences("Τι θα κάνετε τώρα; Περιμένω την απάντησή σας.") == [
        "τι θα κάνετε τώρα",
        "περιμένω την απάντησή σασ",
    ]


@given(st.text())
def test_any_text_has_sentences_of_at_least_three_words(text: str) -> None:
    assert all(len(sentence.split()) >= 3 for sentence in sentences(text))


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        (10, Likeness.ALL),
        (9, Likeness.NEARLY_ALL),
        (8, Likeness.MOST),
        (6, Likeness.MOST),
        (5, Likeness.SOME),
        (3, Likeness.SOME),
        (2, Likeness.LITTLE),
        (0, Likeness.LITTLE),
    ],
)
def test_the_share_is_said_in_words(shared: int, said: Likeness) -> None:
    own = [f"sentence {number}" for number in range(10)]
    assert likeness(own, own[:shared]) is said


def test_a_letter_without_sentences_is_like_no_other() -> None:
    assert likeness([], []) is Likeness.LITTLE
