"""A letter has one of three voices, which differ in structure: prose, a list, a short list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.compose import (
    CLOSING,
    DEMANDS,
    OPENING,
    LetterChoices,
    compose_letter,
    pick_variants,
    piece_of_each_paragraph,
    pieces_with_alternatives,
)
from campaign.campaigns.rules.letter import VariantKeys, Voice
from campaign.campaigns.serialization import canonical_json, facts_json, parse_campaign
from tests.campaigns.bundle_editing import edit_bundle, faults_of

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.campaigns.site_words import BundleContext

SEEDS = [UUID(int=number) for number in range(200)]
BOTH = ["quiet_nights", "slow_ships"]
VOICES = '[voices]\nprose = ["north", "tide", "shore"]\nshort = ["south", "wave", "quay"]\n\n'


@pytest.fixture
def voiced(bundle: Path) -> Path:
    """The harbour bundle with two voices, the second of which has a closing of its own."""
    edit_bundle(bundle, "campaign", r"^\[source", f"{VOICES}[source")
    for language in ("en", "fr"):
        edit_bundle(bundle, language, "^shore", 'quay = "Quay."\nshore')
    return bundle


def text_of(campaign: Campaign, keys: VariantKeys, paragraph: str = "") -> list[str]:
    choices = LetterChoices("GB", keys, paragraph, "Testa Example")
    return compose_letter(campaign, choices, "en").body.split("\n\n")


def test_all_pieces_of_a_letter_are_of_one_voice(voiced: Path, known: BundleContext) -> None:
    campaign = load_bundle(voiced, known)
    drawn = {pick_variants(campaign, BOTH, seed) for seed in SEEDS}
    assert drawn == {
        VariantKeys("north", (("quiet_nights", "tide"), ("slow_ships", "tide")), "shore"),
        VariantKeys("south", (("quiet_nights", "wave"), ("slow_ships", "wave")), "quay"),
    }


def test_prose_is_running_text_and_a_short_list_has_dashes(
    voiced: Path, known: BundleContext
) -> None:
    campaign = load_bundle(voiced, known)
    english = campaign.words_in("en").letter.demands
    prose, short = (
        next(keys for keys in drawn if keys.opening == opening)
        for opening, drawn in (
            (opening, [pick_variants(campaign, BOTH, seed) for seed in SEEDS])
            for opening in ("north", "south")
        )
    )
    together = " ".join(english[key]["tide"] for key in BOTH)
    assert text_of(campaign, prose)[1] == together
    listed = "\n".join(f"– {english[key]['wave']}".replace("$$", "$") for key in BOTH)
    assert text_of(campaign, short)[1] == listed
    assert text_of(campaign, short, "My own.\n\nTwice.")[1:4] == [listed, "My own.", "Twice."]


def test_other_words_for_the_opening_go_on_to_the_next_voice(
    voiced: Path, known: BundleContext
) -> None:
    campaign = load_bundle(voiced, known)
    for seed in SEEDS[:20]:
        once, twice = (
            pick_variants(campaign, BOTH, seed, {OPENING: turn}).opening for turn in (1, 2)
        )
        assert {once, twice} == {"north", "south"}
        assert twice == pick_variants(campaign, BOTH, seed).opening


def test_in_prose_all_demands_are_reworded_at_once(voiced: Path, known: BundleContext) -> None:
    facts = (voiced / "campaign.toml").read_text().replace('"tide", ', '"tide", "ebb", ')
    (voiced / "campaign.toml").write_text(facts)
    for language in ("en", "fr"):
        path = voiced / f"{language}.toml"
        path.write_text(path.read_text().replace("\ntide = ", '\nebb = "Ebb."\ntide = '))
    campaign = load_bundle(voiced, known)
    seed = next(one for one in SEEDS if pick_variants(campaign, BOTH, one).opening == "north")
    before = pick_variants(campaign, BOTH, seed)
    after = pick_variants(campaign, BOTH, seed, {DEMANDS: 1})
    assert (after.opening, after.closing) == (before.opening, before.closing)
    for (_, one), (_, other) in zip(before.demands, after.demands, strict=True):
        assert {one, other} == {"tide", "ebb"}
    pieces = piece_of_each_paragraph(campaign, before, "My own.")
    assert pieces == [OPENING, DEMANDS, "", CLOSING, "", ""]
    assert {OPENING, DEMANDS} <= pieces_with_alternatives(campaign, before)
    assert CLOSING not in pieces_with_alternatives(campaign, before)


def test_six_demands_in_prose_are_two_paragraphs(shipped: Campaign) -> None:
    every = [demand.key for demand in shipped.revision.demands]
    in_prose = [
        keys
        for keys in (pick_variants(shipped, every, seed) for seed in SEEDS)
        if shipped.revision.voice_of(keys.opening) is Voice.PROSE
    ]
    for keys in in_prose:
        choices = LetterChoices("IE", keys, "", "Testa Example")
        _, *demands, _, _, _ = compose_letter(shipped, choices, "en").body.split("\n\n")
        assert len(demands) == 2


def test_the_shipped_letters_are_drawn_in_all_three_voices(shipped: Campaign) -> None:
    every = [demand.key for demand in shipped.revision.demands]
    voices = [
        shipped.revision.voice_of(pick_variants(shipped, every, seed).opening) for seed in SEEDS
    ]
    for voice in Voice:
        assert voices.count(voice) > len(SEEDS) / 5


def test_without_voices_demands_are_numbered(bundle: Path, known: BundleContext) -> None:
    campaign = load_bundle(bundle, known)
    keys = pick_variants(campaign, BOTH, SEEDS[0])
    assert [one[:3] for one in text_of(campaign, keys)[1:3]] == ["1. ", "2. "]


def test_voices_are_part_of_what_is_hashed_and_read_back(
    voiced: Path, known: BundleContext
) -> None:
    campaign = load_bundle(voiced, known)
    document = canonical_json(campaign.revision)
    assert parse_campaign(facts_json(campaign.facts), document) == campaign
    edit_bundle(voiced, "campaign", "^prose", "numbered")
    assert canonical_json(load_bundle(voiced, known).revision) != document


SLIPS = {
    "a variant is in two voices": (
        'short = ["south"',
        'short = ["north", "south"',
        ["campaign.toml: voices.short: north is in prose already: delete it in one place"],
    ),
    "a voice is made up": (
        "short = ",
        "loud = ",
        ["campaign.toml: voices.loud: is not a known key"],
    ),
    "a voice is empty": (
        'short = ["south", "wave", "quay"]',
        "short = []",
        [
            (
                "campaign.toml: voices.short: names no variant: delete it, or write the keys of "
                "its texts"
            )
        ],
    ),
    "a voice has a key that no text has": (
        'prose = ["north"',
        'prose = ["nroth"',
        ["campaign.toml: voices.prose: fr.toml has no text with the key nroth"],
    ),
    "a voice is no list": (
        'short = ["south", "wave", "quay"]',
        'short = "south"',
        ["campaign.toml: voices.short: should be a list"],
    ),
    "a variant is in no voice": (
        ', "quay"]',
        "]",
        [
            "fr.toml: letter.closings.quay: is in none of campaign.toml’s voices",
            (
                "fr.toml: letter.closings: needs a text for the voice short, under one of its "
                "keys: south, wave"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), SLIPS.values(), ids=SLIPS)
def test_a_slip_in_the_voices_is_told(
    voiced: Path, known: BundleContext, old: str, new: str, said: list[str]
) -> None:
    facts = (voiced / "campaign.toml").read_text()
    assert old in facts
    (voiced / "campaign.toml").write_text(facts.replace(old, new))
    assert list(faults_of(voiced, known)) == said
