"""Compare the languages of a bundle: a letter is rendered in each of them from the same keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.bundle_words import CONSENTS, OPTIONAL_TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.campaigns.bundle_words import BundleOutline
    from campaign.campaigns.rules.campaign import Words
    from campaign.campaigns.site_words import SiteWords
    from campaign.campaigns.toml_reader import TomlTable

_OPTIONAL = ""


def check_same_keys(
    words: Mapping[str, Words],
    tables: Mapping[str, TomlTable],
    outline: BundleOutline,
    site_words: SiteWords,
    faults: list[str],
) -> None:
    """Report where a language's variants, consents or optional texts differ from the main one's.

    A piece that either language lacks completely is skipped: it has been reported already.
    """
    default = outline.facts.default_language
    if default not in words:
        return
    keys = {language: _keys(one, tables[language]) for language, one in words.items()}
    reference = keys.pop(default)
    lacking = _all_others_have(reference, list(keys.values()))
    faults += [f"{default}.toml: {key}: is missing (all others have it)" for key in sorted(lacking)]
    for language, theirs in keys.items():
        for piece in sorted(reference.keys() & theirs.keys()):
            whose = f"{default}.toml"
            if _is_sites(piece, outline) and site_words.default_words(default):
                whose = "the site"
            for missing in sorted(reference[piece] - theirs[piece]):
                faults.append(f"{language}.toml: {missing}: is missing ({whose} has it)")
            for extra in sorted(theirs[piece] - reference[piece] - lacking):
                faults.append(f"{language}.toml: {extra}: {whose} does not have it")


def _is_sites(piece: str, outline: BundleOutline) -> bool:
    """Return whether no language has a piece of its own where the site has one."""
    part = piece if piece == CONSENTS else piece.removeprefix("letter.").partition(".")[0]
    return piece != _OPTIONAL and part not in outline.overrides


def _all_others_have(
    reference: Mapping[str, set[str]], others: list[dict[str, set[str]]]
) -> set[str]:
    """Return what all other languages have, if there are several, and the default one lacks."""
    if len(others) < 2:  # noqa: PLR2004 - one other language may as well have one too many
        return set()
    return {
        key
        for piece, keys in reference.items()
        for key in set.intersection(*(theirs.get(piece, set()) for theirs in others)) - keys
    }


def _keys(words: Words, table: TomlTable) -> dict[str, set[str]]:
    """Return the keys of each piece that has any text, and of the texts that may be left out."""
    letter = words.letter
    pieces = {
        "letter.openings": letter.openings,
        "letter.closings": letter.closings,
        **{f"letter.demands.{demand}": texts for demand, texts in letter.demands.items()},
        CONSENTS: words.consents,
    }
    found = {
        piece: {f"{piece}.{key}" for key in texts}
        for piece, texts in pieces.items()
        if any(texts.values())
    }
    return {**found, _OPTIONAL: set(OPTIONAL_TEXTS) & set(table.keys())}
