"""Read and check the words of one language of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_letter import LetterReader, there_hint
from campaign.campaigns.bundle_names import read_government_names
from campaign.campaigns.rules.campaign import (
    OPTIONAL_CONSENTS,
    Consent,
    DemandWords,
    Words,
    government_placeholders,
)
from campaign.campaigns.site_words import LetterForms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from campaign.campaigns.rules.campaign import Demand, Facts
    from campaign.campaigns.site_words import BundleContext
    from campaign.campaigns.toml_reader import TomlTable

MAX_NAME = 100
CONSENTS = "consents"
SINGLE_KEYS = (
    *("name", "title", "summary", "asked_then", "asked_now", "retelling"),
    *("thanks", "share", "author", "source_title"),
)
"""Keys of a language's file that stand above its tables."""

OPTIONAL_TEXTS = ("asked_then", "asked_now", "retelling", "thanks", "share")
"""Texts that a campaign may do without; what it has in one language, it has in all."""

FIXED_PLACEHOLDERS = ("author", "title")
"""Placeholders of letters in every language, beside those of the governments' names."""

DATE = "date"
"""One more, if it is known when the letter was published."""


@dataclass(frozen=True)
class Outline:
    """What campaign.toml says that each language's words have to fit.

    Empty `demands` mean that they are faulty; then nothing that depends on them is reported.
    `is_dated`: it says when the letter was published. `own`: what the site could say and the
    campaign says itself in some language, and so in all (consents, and parts of letters), each with
    a language that has it; empty if its voices need it.
    """

    facts: Facts
    demands: tuple[Demand, ...]
    needed_governments: Collection[str]
    is_dated: bool
    own: Mapping[str, str]


def read_words(table: TomlTable, language: str, outline: Outline, known: BundleContext) -> Words:
    """Return one language's words, the site's where it has none; report faults to the table."""
    facts, demands = outline.facts, outline.demands
    on_site = language in known.languages
    governments = read_government_names(table, language, outline.needed_governments, facts, known)
    forms = known.site_words.letter_forms(language, facts.recipients) if on_site else LetterForms()
    usual = known.site_words.usual_words(language) if on_site else None
    of_governments = {form for row in governments.values() for form in government_placeholders(row)}
    needs_letter = usual is None or bool(outline.own.keys() - {CONSENTS})
    dated = (DATE,) if outline.is_dated else ()
    placeholders = {*FIXED_PLACEHOLDERS, *dated, *of_governments}
    if demands:
        check_demand_texts(table, demands, letters=usual is None or "demands" in outline.own)
    demand_words = _demands(table.table("demands", needed=False), demands)
    kinds = sorted({demand.kind for demand in demands if demand.kind})
    # Without governments, the allowed placeholders are unknown.
    in_letter = next((one for part, one in outline.own.items() if part != CONSENTS), "")
    letter = table.table(
        "letter", needed=needs_letter, heard=bool(governments), hint=there_hint(in_letter)
    )
    words = Words(
        language=language,
        name=_name(table),
        title=table.text("title"),
        summary=table.text("summary"),
        asked_then=table.optional_text("asked_then"),
        asked_now=table.optional_text("asked_now"),
        retelling=table.text_list("retelling") if "retelling" in table.keys() else (),  # noqa: SIM118
        demand_kinds=_named(
            table.table("demand_kinds", needed=bool(kinds), heard=bool(demands)), kinds
        ),
        demands=demand_words,
        consents=dict(usual.consents)
        if usual and CONSENTS not in outline.own
        else _consents(table.table(CONSENTS, hint=there_hint(outline.own.get(CONSENTS, "")))),
        letter=LetterReader(letter, placeholders, forms, usual, outline.own, SINGLE_KEYS).read(
            demand_words
        ),
        governments=governments,
        author=table.optional_text("author"),
        source_title=table.optional_text("source_title"),
        thanks=table.optional_text("thanks"),
        share=table.optional_text("share"),
    )
    table.report_unknown_keys()
    return words


def _name(table: TomlTable) -> str:
    """Return the campaign's name, which appears in the headers of mails."""
    name = table.text("name")
    if "=?" in name:
        table.fault("name", "has =? in it, which mail programs misread")
    if len(name) > MAX_NAME:
        table.fault("name", f"is longer than {MAX_NAME} characters")
    return name


def _consents(table: TomlTable) -> dict[str, str]:
    """Return the consent texts; an optional consent without a text is not offered."""
    optional = {Consent.SEND_COPY} - set(table.keys())
    return _named(table, [tick for tick in OPTIONAL_CONSENTS if tick not in optional])


def _named(table: TomlTable, keys: Collection[str]) -> dict[str, str]:
    texts = {key: table.text(key) for key in keys}
    table.report_unknown_keys(SINGLE_KEYS)
    return texts


def _demands(table: TomlTable, demands: tuple[Demand, ...]) -> dict[str, DemandWords]:
    words = {}
    for demand in demands:
        row = table.table(demand.key, needed=False)
        words[demand.key] = DemandWords(row.text("heading"), row.text("text"))
        row.report_unknown_keys(SINGLE_KEYS)
    return words


_PIECES = {
    "demands": "[demands.{}] with heading and text",
    "letter.demands": "[letter.demands.{}] with at least one text",
}
"""Where a demand needs words, and what to write there."""


def check_demand_texts(table: TomlTable, demands: Sequence[Demand], *, letters: bool) -> None:
    """Report each demand once, with everything to write or delete for it.

    `letters`: the letter needs texts for each, even if the language has none.
    """
    wanted = [demand.key for demand in demands]
    there = _there(table, letters=letters)
    _report_missing(table, wanted, there)
    for key in dict.fromkeys(key for keys in there.values() for key in keys if key not in wanted):
        pieces = [piece for piece, keys in there.items() if key in keys]
        if table.nested_keys(*pieces[0].split("."), key) is None:
            what = f"it belongs under a table such as [{pieces[0]}.{wanted[0]}]"
        else:
            named = " and ".join(f"[{piece}.{key}]" for piece in pieces)
            what = f"campaign.toml has no such demand. Delete {named}, or add the demand there"
        table.fault(f"{pieces[0]}.{key}", f"is not a known key: {what}")


def _there(table: TomlTable, *, letters: bool) -> dict[str, Sequence[str]]:
    """Return the demand keys in each section, leaving out sections that are faulty themselves."""
    found = {"demands": table.nested_keys("demands")}
    if letters and "letter" in table.keys():  # noqa: SIM118 - a Table is no mapping
        found["letter.demands"] = table.nested_keys("letter", "demands")
    return {piece: keys for piece, keys in found.items() if keys is not None}


def _report_missing(
    table: TomlTable, wanted: Sequence[str], there: Mapping[str, Sequence[str]]
) -> None:
    lacks = {
        key: tuple(piece for piece, keys in there.items() if key not in keys) for key in wanted
    }
    for pieces in filter(None, dict.fromkeys(lacks.values())):
        missing = [key for key in wanted if lacks[key] == pieces]
        to_write = " and ".join(_PIECES[piece] for piece in pieces)
        if missing == wanted and len(wanted) > 1:
            example = to_write.replace("{}", wanted[0])
            table.fault(pieces[0], f"is missing: write {example}, and so on for every demand")
            continue
        for key in missing:
            table.fault(f"{pieces[0]}.{key}", f"is missing: write {to_write.replace('{}', key)}")


def check_same_variants(words: Mapping[str, Words], default: str, faults: list[str]) -> None:
    """Report where a language's variants or consents differ from those of the default language.

    A piece that either language lacks completely is skipped: it has been reported already.
    """
    if default not in words:
        return
    reference = _keys(words[default])
    others = {language: _keys(other) for language, other in words.items() if language != default}
    lacking = _all_others_have(reference, list(others.values()))
    faults += [f"{default}.toml: {key}: is missing (all others have it)" for key in sorted(lacking)]
    for language, theirs in others.items():
        for piece in sorted(reference.keys() & theirs.keys()):
            for missing in sorted(reference[piece] - theirs[piece]):
                faults.append(f"{language}.toml: {missing}: is missing ({default}.toml has it)")
            for extra in sorted(theirs[piece] - reference[piece] - lacking):
                faults.append(f"{language}.toml: {extra}: {default}.toml does not have it")


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


def _keys(words: Words) -> dict[str, set[str]]:
    """Return the keys of each piece that has any text, and of the texts that may be left out."""
    letter = words.letter
    left_out = {name for name in OPTIONAL_TEXTS if not getattr(words, name)}
    pieces = {
        "letter.openings": letter.openings,
        "letter.closings": letter.closings,
        **{f"letter.demands.{demand}": texts for demand, texts in letter.demands.items()},
        "consents": words.consents,
    }
    found = {
        piece: {f"{piece}.{key}" for key in texts}
        for piece, texts in pieces.items()
        if any(texts.values())
    }
    return {**found, "": set(OPTIONAL_TEXTS) - left_out}
