"""Compose letters from variant keys, so that the same letter can be rendered in two languages."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from campaign.campaigns.rules.campaign import government_placeholders
from campaign.campaigns.rules.letter import LetterText, VariantKeys, Voice
from campaign.language.formats import long_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from campaign.campaigns.rules.campaign import Campaign, LetterWords, Revision


@dataclass(frozen=True)
class LetterChoices:
    """A supporter's part of her letter, in addition to the campaign's pieces.

    `signature`: the lines at the end, her name and her town. `recipient`: the key of whom it is
    for, which decides how it begins and ends.
    """

    government: str
    keys: VariantKeys
    paragraph: str
    signature: str
    recipient: str = ""


OPENING, DEMANDS, CLOSING = "opening", "demands", "closing"
"""Names of a letter's pieces; in a numbered list each demand is a piece, named after its key."""

PROSE_PARAGRAPH = 3
"""Demands at most in a paragraph of running text."""


def pick_variants(
    campaign: Campaign, demands: Sequence[str], seed: UUID, turns: Mapping[str, int] | None = None
) -> VariantKeys:
    """Return the variants that this seed draws for the chosen demands, always the same ones.

    The opening draws the voice. `turns`: how often she asked to say a piece differently; each time
    moves to the next variant.
    """
    letter = campaign.words_in(campaign.facts.default_language).letter
    asked = turns or {}
    opening = _drawn(_openings(campaign.revision, letter), seed, OPENING, asked.get(OPENING, 0))
    voice = campaign.revision.voice_of(opening)

    def drawn(variants: Mapping[str, str], piece: str) -> str:
        together = asked.get(DEMANDS, 0) if piece != CLOSING else 0
        keys = keys_of_voice(campaign.revision, variants, voice)
        return _drawn(keys, seed, piece, asked.get(piece, 0) + together)

    return VariantKeys(
        opening=opening,
        demands=tuple((key, drawn(letter.demands[key], demand_piece_name(key))) for key in demands),
        closing=drawn(letter.closings, CLOSING),
    )


def count_letters(campaign: Campaign) -> int:
    """Return how many different letters the variants make, of all demands in one order."""
    revision = campaign.revision
    letter = campaign.words_in(campaign.facts.default_language).letter

    def of_voice(voice: Voice) -> int:
        openings = [one for one in _openings(revision, letter) if revision.voice_of(one) is voice]
        pieces = [*letter.demands.values(), letter.closings]
        variants = [len(keys_of_voice(revision, one, voice)) for one in pieces]
        return len(openings) * math.prod(variants)

    return sum(of_voice(voice) for voice in Voice)


def piece_names(campaign: Campaign) -> tuple[str, ...]:
    """Return the names of all pieces that a letter of this campaign may have."""
    demands = [demand_piece_name(demand.key) for demand in campaign.revision.demands]
    return (OPENING, DEMANDS, *demands, CLOSING)


def pieces_with_alternatives(campaign: Campaign, keys: VariantKeys) -> set[str]:
    """Return the names of this letter's pieces that can be said differently."""
    letter = campaign.words_in(campaign.facts.default_language).letter
    voice = campaign.revision.voice_of(keys.opening)

    def has_others(variants: Mapping[str, str]) -> bool:
        return len(keys_of_voice(campaign.revision, variants, voice)) > 1

    several = {key for key, _ in keys.demands if has_others(letter.demands[key])}
    return {
        *((OPENING,) if len(letter.openings) > 1 else ()),
        *((CLOSING,) if has_others(letter.closings) else ()),
        *((DEMANDS,) if several else ()),
        *map(demand_piece_name, several),
    }


def demand_piece_name(key: str) -> str:
    return f"demand.{key}"


def piece_of_each_paragraph(campaign: Campaign, keys: VariantKeys, paragraph: str) -> list[str]:
    """Return the name of the piece behind each paragraph of the composed body, in order.

    It is empty for her own paragraphs, the valediction and her name.
    """
    own = [""] * len(paragraph.split("\n\n")) if paragraph else []
    chosen = [key for key, _ in keys.demands]
    if campaign.revision.voice_of(keys.opening) is Voice.NUMBERED:
        demands = [demand_piece_name(key) for key in chosen]
    else:
        demands = [DEMANDS] * len(_demand_blocks(campaign.revision, keys, chosen))
    return [OPENING, *demands, *own, CLOSING, "", ""]


def compose_letter(campaign: Campaign, choices: LetterChoices, language: str) -> LetterText:
    """Return the letter in that language.

    Placeholders are filled in the campaign's pieces only; her paragraph and name are inserted
    unchanged.
    """
    letter = campaign.words_in(language).letter
    values = _placeholder_values(campaign, choices.government, language)

    def filled(piece: str) -> str:
        return Template(piece).substitute(values)

    demands = [filled(letter.demands[key][variant]) for key, variant in choices.keys.demands]
    blocks = [
        filled(letter.openings[choices.keys.opening]),
        *_demand_blocks(campaign.revision, choices.keys, demands),
        choices.paragraph,
        filled(letter.closings[choices.keys.closing]),
        filled(letter.valediction_for(choices.recipient)),
        choices.signature,
    ]
    return LetterText(
        subject=filled(letter.subject),
        salutation=filled(letter.salutation_for(choices.recipient)),
        body="\n\n".join(block for block in blocks if block),
    )


def all_letter_texts(campaign: Campaign, government: str, language: str) -> list[str]:
    """Return every text that the campaign can put into a letter's body."""
    letter = campaign.words_in(language).letter
    values = _placeholder_values(campaign, government, language)
    demands = [text for variants in letter.demands.values() for text in variants.values()]
    ends = [letter.valediction, *letter.valedictions.values()]
    texts = [*letter.openings.values(), *demands, *letter.closings.values(), *ends]
    return [Template(text).substitute(values) for text in texts]


def _demand_blocks(revision: Revision, keys: VariantKeys, texts: Sequence[str]) -> list[str]:
    """Return the paragraphs that the texts of a letter's demands make in its voice."""
    voice = revision.voice_of(keys.opening)
    if not texts or (len(texts) == 1 and voice is not Voice.SHORT):
        return list(texts)
    if voice is Voice.PROSE:
        paragraphs = -(-len(texts) // PROSE_PARAGRAPH)
        size = -(-len(texts) // paragraphs)
        return [" ".join(texts[start : start + size]) for start in range(0, len(texts), size)]
    if voice is Voice.SHORT:
        return ["\n".join(f"\N{EN DASH} {text}" for text in texts)]
    return [f"{number}. {text}" for number, text in enumerate(texts, 1)]


def _placeholder_values(campaign: Campaign, government: str, language: str) -> dict[str, str]:
    source = campaign.revision.source
    names = campaign.words_in(language).governments[government]
    dated = {"date": long_date(source.published, language)} if source.published else {}
    return {
        "author": campaign.author_in(language),
        "title": campaign.source_title_in(language),
        **dated,
        **government_placeholders(names),
    }


def _openings(revision: Revision, letter: LetterWords) -> list[str]:
    """Return the keys of the openings, those of one voice together."""
    return [one for keys in revision.voices.values() for one in keys if one in letter.openings] or (
        sorted(letter.openings)
    )


def keys_of_voice(revision: Revision, variants: Mapping[str, str], voice: Voice) -> list[str]:
    """Return the keys of the variants that a letter in that voice may have."""
    wanted = revision.voices.get(voice)
    return sorted(key for key in variants if wanted is None or key in wanted)


def _drawn(keys: Sequence[str], seed: UUID, piece: str, turns: int) -> str:
    number = int.from_bytes(hashlib.sha256(seed.bytes + piece.encode()).digest()[:8])
    return keys[(number + turns) % len(keys)]
