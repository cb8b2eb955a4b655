"""Check what a campaign's letters can say, and measure the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.bundle_letter import doubled
from campaign.campaigns.compose import LetterChoices, compose_letter, keys_of_voice
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
    LetterText,
    VariantKeys,
    Voice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from campaign.campaigns.rules.campaign import Campaign, LetterWords, Words

ENOUGH_VARIANTS = 3
"""Texts per piece that are enough to make letters differ; officials filter identical mail."""

ENOUGH_IN_A_VOICE = 2
"""The same of each of several voices, which make letters differ more than words do."""

_ROOM_FOR_NAMES = 250

_DEMANDS_AS_THEY_ARE = (
    "letter.demands: all letters say the demands in the same words. Write [letter.openings], "
    "[letter.demands.KEY] and [letter.closings] with several texts each, so that letters differ "
    "more. Write all three: beside sentences of your own, the site's short letters are left out"
)


def letter_faults(campaign: Campaign) -> list[str]:
    """Return what would keep a supporter from sending a letter that the campaign offers her."""
    faults = _voice_faults(campaign)
    if faults:
        return faults
    for language, words in campaign.revision.words.items():
        letters = {one: longest_letter(campaign, one, language) for one in words.governments}
        faults += [f"{language}.toml: {fault}" for fault in _length_faults(words, letters)]
    return faults


def _length_faults(words: Words, letters: Mapping[str, LetterText]) -> Iterator[str]:
    """Yield a fault for a subject and for a letter that can be too long; `letters`: the longest."""
    of_title = words.letter.subject == doubled(words.title)
    subject = "title" if of_title else "letter.subject"
    long = [one for one, letter in letters.items() if len(letter.subject) > MAX_SUBJECT_LENGTH]
    if long:
        meant = "as the letter's subject" if of_title else f"for {_some(long)}"
        yield f"{subject}: is over {MAX_SUBJECT_LENGTH} characters {meant}"
    if any("=?" in letter.subject for letter in letters.values()):
        yield f"{subject}: has =? in it, which mail programs misread"
    room = MAX_LETTER_LENGTH - MAX_PARAGRAPH_LENGTH - _ROOM_FOR_NAMES
    over = {one: len(letter.body) - room for one, letter in letters.items()}
    over = {one: number for one, number in over.items() if number > 0}
    if over:
        where = "demands" if _demands_have_no_variants(words) else "letter"
        yield (
            f"{where}: letters for {_some(list(over))} can be {max(over.values())} characters too "
            "long, with a paragraph of her own"
        )


def _some(codes: Sequence[str]) -> str:
    others = len(codes) - 1
    return f"{codes[0]} and {others} others" if others else codes[0]


def longest_letter(campaign: Campaign, government: str, language: str) -> LetterText:
    """Return the longest letter without a paragraph of her own and without her name."""
    voices = campaign.revision.voices or (Voice.NUMBERED,)
    letters = [
        compose_letter(campaign, LetterChoices(government, keys, "", ""), language)
        for keys in (_longest_variants(campaign, language, voice) for voice in voices)
    ]
    return max(letters, key=lambda letter: len(letter.body))


def _voice_faults(campaign: Campaign) -> list[str]:
    """Return where the voices and the default language's variants do not fit together."""
    voices, language = campaign.revision.voices, campaign.facts.default_language
    pieces = _pieces(campaign.words_in(language).letter)
    written = {key for variants in pieces.values() for key in variants}
    unused = [(voice, key) for voice, keys in voices.items() for key in keys if key not in written]
    if unused:
        return [
            f"campaign.toml: voices.{voice}: {language}.toml has no text with the key {key}"
            for voice, key in unused
        ]
    known = {key for keys in voices.values() for key in keys}
    faults = []
    for name, variants in pieces.items() if voices else ():
        faults += [
            f"{language}.toml: letter.{name}.{key}: is in none of campaign.toml’s voices"
            for key in variants
            if key not in known
        ]
        faults += [
            f"{language}.toml: letter.{name}: needs a text for the voice {voice}, under one of its "
            f"keys: {', '.join(keys)}"
            for voice, keys in voices.items()
            if not set(keys) & variants.keys()
        ]
    return faults


def variant_advice(campaign: Campaign) -> list[str]:
    """Return where more variants would make letters differ more. None of this is a fault."""
    words = campaign.words_in(campaign.facts.default_language)
    pieces, voices = _pieces(words.letter), campaign.revision.voices
    if _demands_have_no_variants(words):
        return [_DEMANDS_AS_THEY_ARE]
    if voices:
        return [
            f"letter.{name}: {ENOUGH_IN_A_VOICE} texts in each voice make letters differ, and "
            f"{voice} has 1"
            for name, variants in pieces.items()
            for voice in voices
            if len(keys_of_voice(campaign.revision, variants, voice)) < ENOUGH_IN_A_VOICE
        ]
    return [
        f"letter.{name}: {ENOUGH_VARIANTS} texts make letters differ, and it has {len(variants)}"
        for name, variants in pieces.items()
        if len(variants) < ENOUGH_VARIANTS
    ]


def _demands_have_no_variants(words: Words) -> bool:
    """Return whether the demands' own texts, and perhaps their headings, stand in the letter."""
    return all(
        set(words.letter.demands[key].values()) <= {doubled(one.text), doubled(one.heading)}
        for key, one in words.demands.items()
    )


def _pieces(letter: LetterWords) -> dict[str, Mapping[str, str]]:
    demands = {f"demands.{key}": variants for key, variants in letter.demands.items()}
    return {"openings": letter.openings, **demands, "closings": letter.closings}


def _longest_variants(campaign: Campaign, language: str, voice: Voice) -> VariantKeys:
    letter = campaign.words_in(language).letter

    def longest(variants: Mapping[str, str]) -> str:
        keys = keys_of_voice(campaign.revision, variants, voice)
        return max(keys, key=lambda key: len(variants[key]))

    demands = tuple((key, longest(variants)) for key, variants in letter.demands.items())
    return VariantKeys(longest(letter.openings), demands, longest(letter.closings))
