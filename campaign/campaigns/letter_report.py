"""Render everything that a campaign's letters can say, and measure it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from string import Template
from typing import TYPE_CHECKING

from campaign.campaigns.compose import LetterChoices, compose_letter, render_variants
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
    LetterText,
    VariantKeys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from campaign.campaigns.rules.campaign import Campaign, LetterWords

ENOUGH_VARIANTS = 3
"""Texts per piece that are enough to make letters differ; officials filter identical mail."""

_ROOM_FOR_NAMES = 250


@dataclass(frozen=True)
class LetterReport:
    """Statistics of the letters in one language.

    `texts`: rendered pieces, over all governments. `letters`: different letters that one supporter
    can get with all demands. `shortest`, `longest`: characters of such a letter without a paragraph
    of her own, over all governments.
    """

    language: str
    governments: int
    texts: int
    letters: int
    shortest: int
    longest: int
    placeholders: tuple[str, ...]


def letter_reports(campaign: Campaign) -> list[LetterReport]:
    """Return one report per language, made by rendering every variant for every government."""
    return [_report(campaign, language) for language in campaign.revision.languages]


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
    keys = _keys(campaign.words_in(language).letter, max)
    return compose_letter(campaign, LetterChoices(government, keys, "", ""), language)


def variant_advice(campaign: Campaign) -> list[str]:
    """Return where more variants would make letters differ more. None of this is a fault."""
    letter = campaign.words_in(campaign.facts.default_language).letter
    return [
        f"letter.{name}: {ENOUGH_VARIANTS} texts make letters differ, and it has {len(variants)}"
        for name, variants in _pieces(letter).items()
        if len(variants) < ENOUGH_VARIANTS
    ]


def _report(campaign: Campaign, language: str) -> LetterReport:
    words = campaign.words_in(language)
    rendered = [render_variants(campaign, code, language) for code in words.governments]
    lengths = [
        len(compose_letter(campaign, LetterChoices(code, keys, "", ""), language).body)
        for code in words.governments
        for keys in (_keys(words.letter, min), _keys(words.letter, max))
    ]
    return LetterReport(
        language=language,
        governments=len(words.governments),
        texts=sum(len(texts) for pieces in rendered for texts in pieces.values()),
        letters=prod(len(variants) for variants in _pieces(words.letter).values()),
        shortest=min(lengths),
        longest=max(lengths),
        placeholders=_placeholders(words.letter),
    )


def _pieces(letter: LetterWords) -> dict[str, Mapping[str, str]]:
    demands = {f"demands.{key}": variants for key, variants in letter.demands.items()}
    return {"openings": letter.openings, **demands, "closings": letter.closings}


def _placeholders(letter: LetterWords) -> tuple[str, ...]:
    fixed = [letter.subject, letter.salutation, letter.valediction]
    texts = [*fixed, *(text for variants in _pieces(letter).values() for text in variants.values())]
    return tuple(sorted({name for text in texts for name in Template(text).get_identifiers()}))


def _keys(letter: LetterWords, extreme: Callable[..., str]) -> VariantKeys:
    """Return the keys of the shortest or longest texts; `extreme` is min or max."""

    def chosen(variants: Mapping[str, str]) -> str:
        keys: Iterable[str] = variants
        return extreme(keys, key=lambda key: len(variants[key]))

    demands = tuple((key, chosen(variants)) for key, variants in letter.demands.items())
    return VariantKeys(chosen(letter.openings), demands, chosen(letter.closings))
