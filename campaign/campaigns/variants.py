"""Compare the variants of a letter between languages: it is rendered from the same keys in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.campaigns.rules.campaign import Words


def check_same_variants(words: Mapping[str, Words], default: str, faults: list[str]) -> None:
    """Report where a language has other variants or ticks than the default language.

    A piece that either of them lacks as a whole is left out: that is said already.
    """
    if default not in words:
        return
    reference = _keys(words[default])
    for language, other in words.items():
        theirs = _keys(other)
        for piece in sorted(reference.keys() & theirs.keys()):
            for missing in sorted(reference[piece] - theirs[piece]):
                faults.append(f"{language}.toml: {missing}: is missing ({default}.toml has it)")
            for extra in sorted(theirs[piece] - reference[piece]):
                faults.append(f"{language}.toml: {extra}: {default}.toml does not have it")


def _keys(words: Words) -> dict[str, set[str]]:
    """Return the keys of each piece that has any text."""
    letter = words.letter
    pieces = {
        "letter.openings": letter.openings,
        "letter.closings": letter.closings,
        **{f"letter.demands.{demand}": texts for demand, texts in letter.demands.items()},
        "consents": words.consents,
    }
    return {
        piece: {f"{piece}.{key}" for key in texts}
        for piece, texts in pieces.items()
        if any(texts.values())
    }
