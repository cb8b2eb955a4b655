"""Sentences compared by their words, and the share that is said in words."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from campaign.campaigns.similarity import Similarity, normalized_sentences, rate_similarity


def test_a_sentence_is_its_words_without_case_numbers_and_points() -> None:
    text = "1. Please REPORT, every round! Yes. Then?\n\nÉtat des lieux… n° 7: très clair, oui"
    assert normalized_sentences(text) == [
        "please report every round",
        "état des lieux",
        "très clair oui",
    ]


def test_a_changed_comma_or_number_makes_no_other_sentence() -> None:
    assert normalized_sentences("2. I ask you to act now.") == normalized_sentences(
        "I ask you, to act (now)!"
    )


def test_a_greek_question_is_a_sentence() -> None:
    assert normalized_sentences("Τι θα κάνετε τώρα; Περιμένω την απάντησή σας.") == [
        "τι θα κάνετε τώρα",
        "περιμένω την απάντησή σασ",
    ]


@given(st.text())
def test_any_text_has_sentences_of_at_least_three_words(text: str) -> None:
    assert all(len(sentence.split()) >= 3 for sentence in normalized_sentences(text))


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        (10, Similarity.ALL),
        (9, Similarity.NEARLY_ALL),
        (8, Similarity.MOST),
        (6, Similarity.MOST),
        (5, Similarity.SOME),
        (3, Similarity.SOME),
        (2, Similarity.LITTLE),
        (0, Similarity.LITTLE),
    ],
)
def test_the_share_is_said_in_words(shared: int, said: Similarity) -> None:
    own = [f"sentence {number}" for number in range(10)]
    assert rate_similarity(own, own[:shared]) is said


def test_a_letter_without_sentences_is_like_no_other() -> None:
    assert rate_similarity([], []) is Similarity.LITTLE
