"""Check what a campaign's letters can say, and measure the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.compose import LetterChoices, compose_letter
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
    LetterText,
    VariantKeys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.campaigns.rules.campaign import Campaign, LetterWords

ENOUGH_VARIANTS = 3
"""Texts per piece that are enough to make letters differ; officials filter identical mail."""

_ROOM_FOR_NAMES = 250


def letter_faults(campaign: Campaign) -> list[str]:
    """Return what would keep a supporter from sending a letter that the campaign offers her."""
    faults = []
    for language, words in campaign.revision.words.items():
        for government in words.governments:
            text = longest_letter(campaign, government, language)
            where = f"{language}.toml: letter"
            if len(text.subject) > MAX_SUBJECT_LENGTH:
                faults.append(
                    f"{where}.subject: is over {MAX_SUBJECT_LENGTH} characters for {government}"
                )
            if "=?" in text.subject:
                faults.append(f"{where}.subject: has =? in it, which mail programs misread")
            if len(text.body) > MAX_LETTER_LENGTH - MAX_PARAGRAPH_LENGTH - _ROOM_FOR_NAMES:
                faults.append(f"{where}: can be too long for {government} with her own paragraph")
    return list(dict.fromkeys(faults))


def longest_letter(campaign: Campaign, government: str, language: str) -> LetterText:
    """Return the longest letter without a paragraph of her own and without her name."""
    keys = _longest_variants(campaign.words_in(language).letter)
    return compose_letter(campaign, LetterChoices(government, keys, "", ""), language)


def variant_advice(campaign: Campaign) -> list[str]:
    """Return where more variants would make letters differ more. None of this is a fault."""
    letter = campaign.words_in(campaign.facts.default_language).letter
    return [
        f"letter.{name}: {ENOUGH_VARIANTS} texts make letters differ, and it has {len(variants)}"
        for name, variants in _pieces(letter).items()
        if len(variants) < ENOUGH_VARIANTS
    ]


def _pieces(letter: LetterWords) -> dict[str, Mapping[str, str]]:
    demands = {f"demands.{key}": variants for key, variants in letter.demands.items()}
    return {"openings": letter.openings, **demands, "closings": letter.closings}


def _longest_variants(letter: LetterWords) -> VariantKeys:

    def longest(variants: Mapping[str, str]) -> str:
        return max(variants, key=lambda key: len(variants[key]))

    demands = tuple((key, longest(variants)) for key, variants in letter.demands.items())
    return VariantKeys(longest(letter.openings), demands, longest(letter.closings))
