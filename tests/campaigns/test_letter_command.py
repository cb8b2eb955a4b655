"""`campaign letter`: what letters say before anybody signs one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.campaigns.rules.campaign import Campaign


def test_a_letter_is_shown_in_each_language_that_the_ministry_reads(
    command: Callable[..., Result],
) -> None:
    shown = command("letter", "preview", "--government", "BE").output
    assert re.findall(r"^\[(..)\]$", shown, re.MULTILINE) == ["fr", "nl", "de"]
    assert "SPF Affaires étrangères" in shown
    assert "Testa Example\nExampletown" in shown


def test_all_variants_are_shown_with_their_names_filled_in(
    command: Callable[..., Result], shipped: Campaign
) -> None:
    shown = command("letter", "preview", "--government", "EL", "--all-variants").output
    letter = shipped.words_in("el").letter
    pieces = [letter.openings, *letter.demands.values(), letter.closings]
    assert shown.count("[el ") == sum(len(variants) for variants in pieces) == 24
    assert "[el demand.un.c, " in shown
    assert "$" not in shown


def test_the_report_counts_every_text_for_every_government(
    command: Callable[..., Result],
) -> None:
    rows = command("letter", "report").output.splitlines()[1:]
    assert [row.split()[:4] for row in rows] == [
        [language, "28", str(28 * 24), str(3**8)] for language in sorted(EU_LANGUAGES)
    ]
    for row in rows:
        shortest, longest = map(int, row.split()[4].split("-"))
        assert 800 < shortest < longest < 4_250


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--government", "US"], "not a government known here"),
        (["--government", "DE", "--language", "is"], "the campaign has no is"),
        (["--government", "DE", "--campaign", "nothing"], "there is no campaign nothing"),
    ],
)
def test_a_wrong_word_is_answered_with_a_sentence(
    command: Callable[..., Result], options: list[str], said: str
) -> None:
    answer = command("letter", "preview", *options)
    assert answer.exit_code == 2
    assert said in answer.output
