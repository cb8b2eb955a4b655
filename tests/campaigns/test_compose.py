"""How a letter is composed from a campaign's pieces and a supporter's own words."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.compose import (
    LetterChoices,
    all_letter_texts,
    compose_letter,
    pick_variants,
)
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
    LetterText,
    VariantKeys,
)
from campaign.campaigns.site_words import BundleContext, SiteWords
from campaign.container import DATA
from campaign.language.text import clean_line, clean_paragraphs
from campaign.recipients.reference_data import load_reference_data
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from campaign.signatures.rules.signature import Person
from tests.languages import EU_LANGUAGES
from tests.supporter import ALL_DEMANDS

if TYPE_CHECKING:
    from campaign.campaigns.rules.campaign import Campaign

GOLDEN = Path(__file__).parent.parent / "golden"
VARIANTS = ("list1", "list2", "prose1", "prose2", "short1", "short2")
SEED = UUID("01890000-0000-7000-8000-000000000001")
SEEDS = [UUID(int=number) for number in range(300)]
TESTA = Person("Testa Example", "testa@example.org", "Exampletown")


@pytest.fixture(scope="module")
def shipped() -> Campaign:
    known = BundleContext(load_reference_data(DATA).governments, EU_LANGUAGES, SiteWords(DATA))
    return load_bundle(SHIPPED_CAMPAIGNS / "eu-china-dialogue", known)


@pytest.fixture(scope="module")
def harbour() -> Campaign:
    known = BundleContext(load_reference_data(DATA).governments, ("en", "fr"), SiteWords(DATA))
    return load_bundle(Path(__file__).parent.parent / "bundles" / "harbour", known)


def letter(
    campaign: Campaign,
    keys: VariantKeys,
    language: str,
    government: str = "IE",
    paragraph: str = "",
) -> LetterText:
    return compose_letter(
        campaign, LetterChoices(government, keys, paragraph, TESTA.signature_block), language
    )


def keys_of(variant: str) -> VariantKeys:
    return VariantKeys(variant, tuple((demand, variant) for demand in ALL_DEMANDS), variant)


def test_the_same_seed_draws_the_same_letter(shipped: Campaign) -> None:
    for seed in SEEDS[:20]:
        first, second = (pick_variants(shipped, ALL_DEMANDS, seed) for _ in range(2))
        assert letter(shipped, first, "en") == letter(shipped, second, "en")


def test_different_seeds_draw_different_letters(shipped: Campaign) -> None:
    drawn = {letter(shipped, pick_variants(shipped, ALL_DEMANDS, seed), "en") for seed in SEEDS}
    # Three voices with two texts for each of eight pieces are 768 letters, of which 300 draws give
    # some 249 different ones. Each sentence stands in a sixth of them.
    assert len(drawn) > len(SEEDS) * 0.8


def test_every_variant_of_every_piece_is_drawn(shipped: Campaign) -> None:
    drawn = [pick_variants(shipped, ALL_DEMANDS, seed) for seed in SEEDS]
    pieces = {(demand, variant) for demand in ALL_DEMANDS for variant in VARIANTS}
    assert {keys.opening for keys in drawn} == set(VARIANTS)
    assert {keys.closing for keys in drawn} == set(VARIANTS)
    assert {pair for keys in drawn for pair in keys.demands} == pieces


def test_a_piece_does_not_change_because_another_demand_is_left_out(shipped: Campaign) -> None:
    for seed in SEEDS[:20]:
        every, some = (pick_variants(shipped, chosen, seed) for chosen in (ALL_DEMANDS, ["un"]))
        assert set(some.demands) < set(every.demands)
        assert (some.opening, some.closing) == (every.opening, every.closing)


def test_the_same_keys_give_the_same_pieces_in_every_language(shipped: Campaign) -> None:
    keys = VariantKeys("list1", (("open", "list2"), ("report", "list1")), "list2")
    for language in EU_LANGUAGES:
        pieces = shipped.words_in(language).letter.demands
        body = letter(shipped, keys, language).body
        for number, (demand, variant) in enumerate(keys.demands, 1):
            assert f"\n\n{number}. {pieces[demand][variant]}\n\n" in body


def test_several_demands_are_numbered_in_her_order(harbour: Campaign) -> None:
    keys = pick_variants(harbour, ["slow_ships", "quiet_nights"], SEED)
    body = letter(harbour, keys, "en").body
    assert re.findall(r"^(\d+)\. .*?(ships|night)", body, re.MULTILINE) == [
        ("1", "ships"),
        ("2", "night"),
    ]


def test_one_demand_is_not_numbered(harbour: Campaign) -> None:
    keys = pick_variants(harbour, ["slow_ships"], SEED)
    body = letter(harbour, keys, "en").body
    assert harbour.words_in("en").letter.demands["slow_ships"][keys.demands[0][1]] in body
    assert not re.search(r"^\d+\. ", body, re.MULTILINE)


def test_placeholders_are_filled_with_each_languages_own_cases_and_dates(
    harbour: Campaign,
) -> None:
    keys = VariantKeys("north", (("quiet_nights", "wave"),), "shore")
    english, french = (letter(harbour, keys, language, "GB") for language in ("en", "fr"))
    assert english.subject == "Quiet harbours in the United Kingdom"
    assert french.subject == "Des ports tranquilles au Royaume-Uni"
    assert english.body.startswith("On 29 February 2000 the Example Harbour Society wrote “Lettre")
    assert "Le 29 février 2000, l’Example Harbour Society" in french.body
    assert "gouvernement du Royaume-Uni" in french.body
    assert "what happens in United Kingdom." in english.body


def test_two_dollar_signs_in_a_piece_are_one_in_the_letter(harbour: Campaign) -> None:
    keys = VariantKeys("south", (("quiet_nights", "wave"),), "shore")
    assert "cost more than $1 a crane" in letter(harbour, keys, "en").body


@pytest.mark.parametrize(
    "typed", ["$name", "$government", "${title}", "$$", "{{7*7}}", "{% raw %}", "%s %(x)s", "{0}"]
)
def test_her_own_words_arrive_as_typed(harbour: Campaign, typed: str) -> None:
    keys = pick_variants(harbour, ["slow_ships"], SEED)
    person = Person(f"Testa {typed}", "testa@example.org", f"Town {typed}")
    text = compose_letter(
        harbour, LetterChoices("GB", keys, f"Before {typed} after", person.signature_block), "fr"
    )
    assert f"\n\nBefore {typed} after\n\n" in text.body
    assert text.body.endswith(f"\n\nTesta {typed}\nTown {typed}")
    assert typed not in text.subject + text.salutation


def test_a_letter_without_a_paragraph_or_town_has_no_gap(harbour: Campaign) -> None:
    keys = pick_variants(harbour, ["slow_ships"], SEED)
    text = compose_letter(harbour, LetterChoices("GB", keys, "", "Testa"), "en")
    assert text.body.endswith("\n\nWith a sailor’s greeting,\n\nTesta")
    assert text.body.count("\n\n") == 4


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_letter_to_every_government_is_whole(
    shipped: Campaign, language: str, variant: str
) -> None:
    governments = shipped.words_in(language).governments
    for code, cases in governments.items():
        text = letter(shipped, keys_of(variant), language, code, "My own words.\n\nTwice.")
        assert "$" not in text.subject + text.full_text
        assert "\n\n\n" not in text.full_text
        assert "  " not in text.full_text
        assert any(name in text.full_text for name in cases.values())
        assert (400 if variant.startswith("short") else 800) < len(text.body) < 4_300
    assert len(governments) >= 28


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_text_that_can_be_in_a_letter_has_its_names_filled_in(
    shipped: Campaign, language: str
) -> None:
    letter_words = shipped.words_in(language).letter
    for code in shipped.words_in(language).governments:
        texts = all_letter_texts(shipped, code, language)
        ends = {letter_words.valediction, *letter_words.valedictions.values()}
        assert len(set(texts)) == (len(ALL_DEMANDS) + 2) * len(VARIANTS) + len(ends)
        assert "$" not in "".join(texts)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_a_letter_comes_back_from_a_form_as_it_went_in(
    shipped: Campaign, language: str, variant: str
) -> None:
    for code in shipped.words_in(language).governments:
        text = letter(shipped, keys_of(variant), language, code, "My own words.\n\nTwice.")
        assert clean_paragraphs(text.body.replace("\n", "\r\n")) == text.body
        assert clean_paragraphs(text.full_text) == text.full_text.rstrip()
        assert clean_line(text.subject) == text.subject
        assert clean_line(text.salutation) == text.salutation


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_the_longest_letter_fits_into_its_form(shipped: Campaign, language: str) -> None:
    person = Person("N" * 120, "testa@example.org", "T" * 80)
    for variant in VARIANTS:
        for code in shipped.words_in(language).governments:
            choices = LetterChoices(
                code, keys_of(variant), "w" * MAX_PARAGRAPH_LENGTH, person.signature_block
            )
            text = compose_letter(shipped, choices, language)
            assert len(text.body) <= MAX_LETTER_LENGTH
            assert len(text.subject) <= MAX_SUBJECT_LENGTH


@pytest.mark.parametrize(
    ("language", "government"), [("en", "IE"), ("de", "AT"), ("fr", "LU"), ("el", "CY")]
)
def test_a_letter_reads_as_it_has_always_read(
    shipped: Campaign, language: str, government: str
) -> None:
    """Compared with tests/golden; UPDATE_GOLDEN=1 takes over what changed on purpose."""
    keys = pick_variants(shipped, ALL_DEMANDS, SEED)
    text = letter(shipped, keys, language, government, "A paragraph of Testa’s own.")
    assert f"{text.subject}\n\n{text.full_text}" == golden(f"letter-{language}.txt", text)


def golden(name: str, text: LetterText) -> str:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(f"{text.subject}\n\n{text.full_text}", encoding="utf-8")
    return path.read_text(encoding="utf-8")
