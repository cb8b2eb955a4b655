"""Compose letters from variant keys, so that the same letter can be rendered in two languages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from campaign.campaigns.rules.letter import LetterText, VariantKeys
from campaign.language.formats import long_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from campaign.campaigns.rules.campaign import Campaign, LetterWords


@dataclass(frozen=True)
class LetterChoices:
    """A supporter's part of her letter, in addition to the campaign's pieces.

    `signature`: the lines at the end, her name and her town. `office`: whom it is for, if the
    campaign salutes it in its own way.
    """

    government: str
    keys: VariantKeys
    paragraph: str
    signature: str
    office: str = ""


OPENING, CLOSING = "opening", "closing"
"""Names of two of a letter's pieces; the others are named after the demands' keys."""


def pick_variants(
    campaign: Campaign, demands: Sequence[str], seed: UUID, turns: Mapping[str, int] | None = None
) -> VariantKeys:
    """Return the variants that this seed draws for the chosen demands, always the same ones.

    `turns`: how often she asked to say a piece differently; each time moves to the next variant.
    """
    letter = campaign.words_in(campaign.facts.default_language).letter

    def drawn(variants: Mapping[str, str], piece: str) -> str:
        return _drawn(variants, seed, piece, (turns or {}).get(piece, 0))

    return VariantKeys(
        opening=drawn(letter.openings, OPENING),
        demands=tuple((key, drawn(letter.demands[key], demand_piece_name(key))) for key in demands),
        closing=drawn(letter.closings, CLOSING),
    )


def alternatives_by_piece(campaign: Campaign) -> dict[str, bool]:
    """Return for each of the letter's pieces, by name, whether it has more than one variant."""
    letter = campaign.words_in(campaign.facts.default_language).letter
    return {
        OPENING: len(letter.openings) > 1,
        **{demand_piece_name(key): len(variants) > 1 for key, variants in letter.demands.items()},
        CLOSING: len(letter.closings) > 1,
    }


def demand_piece_name(key: str) -> str:
    return f"demand.{key}"


def piece_of_each_paragraph(keys: VariantKeys, paragraph: str) -> list[str]:
    """Return the name of the piece behind each paragraph of the composed body, in order.

    It is empty for her own paragraphs, the valediction and her name.
    """
    own = [""] * len(paragraph.split("\n\n")) if paragraph else []
    return [OPENING, *(demand_piece_name(key) for key, _ in keys.demands), *own, CLOSING, "", ""]


def compose_letter(campaign: Campaign, choices: LetterChoices, language: str) -> LetterText:
    """Return the letter in that language.

    Placeholders are filled in the campaign's pieces only; her paragraph and name are inserted
    unchanged.
    """
    letter = campaign.words_in(language).letter
    values = _placeholder_values(campaign, choices.government, language)

    def filled(piece: str) -> str:
        return Template(piece).substitute(values)

    blocks = [
        filled(letter.openings[choices.keys.opening]),
        *_numbered([filled(piece) for piece in _demand_pieces(letter, choices.keys)]),
        choices.paragraph,
        filled(letter.closings[choices.keys.closing]),
        filled(letter.valediction),
        choices.signature,
    ]
    return LetterText(
        subject=filled(letter.subject),
        salutation=filled(letter.salutation_for(choices.office)),
        body="\n\n".join(block for block in blocks if block),
    )


def all_letter_texts(campaign: Campaign, government: str, language: str) -> list[str]:
    """Return every text that the campaign can put into a letter's body."""
    letter = campaign.words_in(language).letter
    values = _placeholder_values(campaign, government, language)
    demands = [text for variants in letter.demands.values() for text in variants.values()]
    texts = [*letter.openings.values(), *demands, *letter.closings.values(), letter.valediction]
    return [Template(text).substitute(values) for text in texts]


def _demand_pieces(letter: LetterWords, keys: VariantKeys) -> list[str]:
    return [letter.demands[demand][variant] for demand, variant in keys.demands]


def _numbered(pieces: Sequence[str]) -> list[str]:
    if len(pieces) == 1:
        return list(pieces)
    return [f"{number}. {piece}" for number, piece in enumerate(pieces, 1)]


def _placeholder_values(campaign: Campaign, government: str, language: str) -> dict[str, str]:
    source = campaign.revision.source
    cases = campaign.words_in(language).governments[government]
    return {
        "author": campaign.author_in(language),
        "title": campaign.source_title_in(language),
        "date": long_date(source.published, language),
        "government": cases["name"],
        **{f"government_{case}": name for case, name in cases.items() if case != "name"},
    }


def _drawn(variants: Mapping[str, str], seed: UUID, piece: str, turns: int) -> str:
    keys = sorted(variants)
    number = int.from_bytes(hashlib.sha256(seed.bytes + piece.encode()).digest()[:8])
    return keys[(number + turns) % len(keys)]
